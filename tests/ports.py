"""Ports for servers that tests start."""

import random
import socket

LOWEST, HIGHEST = 15_000, 32_000  # below what Linux, macOS and Windows give to those who ask for any port


def free_ports(n):
    """n ports that nobody listens at. Nobody is given one by chance either until the server binds it, seconds later."""
    found = []
    for port in random.SystemRandom().sample(range(LOWEST, HIGHEST), 1000):  # other seeds than those of a test
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what was closed a minute ago counts as free
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == n:
            return found
    raise RuntimeError(f"there are no {n} free ports between {LOWEST} and {HIGHEST}")
