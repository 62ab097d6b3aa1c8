"""The Ray engine: the workers are actors, on this machine or on any node of a cluster.

An actor holds one worker process (worker.py), as the local engine does, and hands on what is said: a message goes in,
the next one that the process says comes out. With it travel the state that the task has saved, which is kept in the
driver's folder, so that a trial goes on elsewhere when its node is gone, and what was printed, for the log. Asking,
telling, stopping and resuming stay in dispatch.py.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import shutil
import signal
import socket
import threading
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from nasbook.scale.job import Job
from nasbook.scale.luggage import Stamp, own_code, pack, stamp, unfolded, unpack
from nasbook.scale.machine import SCRATCH, variables
from nasbook.scale.process import Child, task_of
from nasbook.scale.study_errors import ResourceError, RunError
from nasbook.scale.workers import Inbox, Site
from nasbook.space import Json

LOOK = 0.25  # seconds between two looks at what the task has saved
FAREWELL = 2.0  # seconds for an actor to clear up before it is killed
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # the first frame of HTTP/2, which gRPC and so Ray speak
PIP = 'pip install "nasbook[scale]"'


class Actors:
    """The workers of a run, and the connection to Ray that they need."""

    def __init__(self, site: Site) -> None:
        self.site, self.looked, self.fits = site, -math.inf, 1
        self.own = False  # Ray was started, or connected to, for this run

    def __enter__(self) -> Actors:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError:
            raise ResourceError(f"the Ray engine needs Ray, which is not installed: {PIP}") from None
        self.ray = ray
        if not ray.is_initialized():
            self.own = True
            with _handlers_kept():
                self._connect(self.site.address or os.environ.get("RAY_ADDRESS"))
        try:
            self._check()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.own:
            with _handlers_kept():
                self.ray.shutdown()

    def _connect(self, address: str | None) -> None:
        logging.getLogger("ray").setLevel(logging.CRITICAL)  # it warns of its own defaults
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if address:
            _knock(address)
            try:
                self.ray.init(address=address, **quiet)
            except Exception as error:
                raise ResourceError(f"no Ray cluster answers at {address}: {_first_line(error)}") from None
            return
        study = self.site.study
        here = {"num_cpus": max(os.cpu_count() or 1, study.workers * study.resources.cpus), "include_dashboard": False}
        for attempt in (1, 2):
            try:
                self.ray.init(address="local", **here, **quiet)
                return
            except Exception as error:
                self.ray.shutdown()
                if attempt == 2:
                    raise RunError(
                        "Ray's node did not come up within the 15 s that Ray gives it, twice, as on a machine that is "
                        "too busy: try later, start it yourself (ray start --head) and name it (--address auto), or "
                        f"take --engine local ({_first_line(error)})"
                    ) from None

    def _check(self) -> None:
        """Is there a node on which one trial can run?"""
        want, study = self.needs(), self.site.study
        if study.resources.gpus and not want["num_gpus"]:
            if study.resources.device == "cuda":
                raise ResourceError(
                    "the study's device is cuda, but no node of Ray shows a GPU; device: auto takes what is there"
                )
            self.site.say("the study asks for GPUs, and no node of Ray shows one: its trials run on the CPU")
        if not (fits := self._fits()):
            one = f"cpus: {want['num_cpus']:g}" + (f", gpus: {want['num_gpus']:g}" if want["num_gpus"] else "")
            raise ResourceError(f"no node of Ray is large enough for one trial (resources: {one})")
        if fits < study.workers:
            self.site.say(f"{study.workers} workers are asked for, and Ray's nodes hold {fits} at a time")

    def needs(self) -> dict[str, float]:
        """What one worker takes, in Ray's words."""
        resources = self.site.study.resources
        gpus = resources.gpus if self.ray.cluster_resources().get("GPU") else 0
        return {"num_cpus": resources.cpus, "num_gpus": gpus}

    def _fits(self) -> int:
        want = self.needs()
        kinds = [("CPU", want["num_cpus"]), *([("GPU", want["num_gpus"])] if want["num_gpus"] else [])]
        return sum(
            min(int(n["Resources"].get(kind, 0) / w + 1e-9) for kind, w in kinds)
            for n in self.ray.nodes()
            if n["Alive"]
        )

    def room(self) -> int:
        """Nodes come and go; where none is left, one worker waits for the next."""
        if clock.perf_counter() - self.looked > 1:
            self.fits, self.looked = self._fits(), clock.perf_counter()
        return max(1, min(self.fits, self.site.study.workers))

    def start(self, index: int, inbox: Inbox) -> Actor:
        return Actor(index, self, inbox)


class Actor:
    """One worker: the driver's end of it, and the thread that speaks with the other."""

    def __init__(self, index: int, crew: Actors, inbox: Inbox) -> None:
        self.index, self.crew, self.inbox = index, crew, inbox
        self.ready, self.deadline = False, math.inf
        self.jobs: list[Job] = []
        self.states: list[Path] = []  # of the running trials, in the driver's folder
        self.log, self.died = crew.site.log(index), "ended"
        self.outbox: queue.Queue[Json] = queue.Queue()
        self.given_up, self.lock = False, threading.Lock()
        shell = crew.ray.remote(Shell).options(**crew.needs(), max_restarts=0, max_concurrency=2)
        site = crew.site
        self.shell = shell.remote(variables(site.study), own_code(site.study, site.trust))
        threading.Thread(target=self._converse, daemon=True).start()
        self.send(**task_of(site))

    def send(self, **message: object) -> None:
        self.outbox.put(message)

    def _converse(self) -> None:
        """Each message has one answer; until it comes, what the task has saved does."""
        try:
            while not self.given_up:
                message: Json | None = self.outbox.get()
                boxes: dict[int, bytes] = {}
                if message and "trials" in message:
                    self.states = [Path(order["checkpoint"]) for order in message["trials"]]
                    boxes = {i: box for i, state in enumerate(self.states) if (box := pack(state))}
                answer = None
                while answer is None:
                    answer, saved, printed = self.crew.ray.get(self.shell.exchange.remote(message, boxes))
                    message, boxes = None, {}
                    if not self._keep(saved, printed):
                        return
                if "died" in answer:
                    self.died = answer["died"]
                    break
                self.inbox.put((self, answer))
        except Exception as error:
            said = str(error)
            if "No module named 'nasbook" in said:
                problem = "a node of Ray has no nasbook; install the same version there (pip install nasbook)"
                self.inbox.put((self, {"problem": problem}))
            self.died = f"was lost with its actor ({_first_line(error)})"
        self._dismiss()
        self.inbox.put((self, None))

    def _keep(self, saved: dict[int, bytes], printed: bytes) -> bool:
        """Write down what came with an answer, unless the worker was given up meanwhile."""
        with self.lock:
            if self.given_up:
                return False
            if printed:
                self.log.parent.mkdir(exist_ok=True)
                with open(self.log, "ab") as file:
                    file.write(printed)
            for i, box in saved.items():
                unpack(box, self.states[i])
            return True

    def kill(self) -> None:
        with self.lock:
            self.given_up = True
        self._dismiss()

    def _dismiss(self) -> None:
        """End the actor: what it holds of its node is free for the next."""
        with suppress(Exception):  # it is dead, or not up yet
            self.crew.ray.wait([self.shell.close.remote()], timeout=FAREWELL if self.ready else 0)
        with suppress(Exception):
            self.crew.ray.kill(self.shell)

    def fate(self) -> str:
        return self.died


class Shell:
    """Around a worker process on its node; this is what Ray runs there. One message at a time is on its way."""

    def __init__(self, variables: dict[str, str], code: dict[str, bytes]) -> None:
        self.folder, self.code = Path(mkdtemp(prefix="nasbook-")), code
        self.log, self.read = self.folder / "log", 0
        self.states: list[Path] = []  # of the running trials, here
        self.said: queue.Queue[Json | None] = queue.Queue()
        self.child = Child(self.log, {**variables, SCRATCH: str(self.folder)})
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self.child.bury, daemon=True).start()

    def _listen(self) -> None:
        for message in self.child.messages():
            self.said.put(message)
        self.said.put(None)

    def exchange(self, message: Json | None, boxes: dict[int, bytes]) -> tuple[Json | None, dict[int, bytes], bytes]:
        """Pass a message on, if there is one. The next that the process says, or None where it has only saved states;
        those of its trials that are new; and what was printed."""
        if message and "task" in message:
            place = unfolded(self.code, Path(message["trust"]["folder"]), self.folder / "study")
            message["trust"]["folder"] = str(place)
        if message and "trials" in message:
            shutil.rmtree(self.folder / "trials", ignore_errors=True)
            self.states = [self.folder / "trials" / str(i) / "state" for i in range(len(message["trials"]))]
            for i, box in boxes.items():
                unpack(box, self.states[i])
            self.sent = self.seen = self._stamps()
            orders = [{**o, "checkpoint": str(s)} for o, s in zip(message["trials"], self.states, strict=True)]
            message = {**message, "trials": orders}
        if message:
            self.child.send(message)
        while True:
            with suppress(queue.Empty):
                answer = self.said.get(timeout=LOOK)
                if answer is None:
                    answer = {"died": self.child.fate()}
                return answer, self._new_states(), self._printed()
            before, self.seen = self.seen, self._stamps()
            if self.seen == before and (saved := self._new_states()):  # nobody is writing to them now
                return None, saved, self._printed()

    sent: list[Stamp] = []
    seen: list[Stamp] = []

    def _stamps(self) -> list[Stamp]:
        return [stamp(state) for state in self.states]

    def _new_states(self) -> dict[int, bytes]:
        saved = {}
        for i, (state, now) in enumerate(zip(self.states, self._stamps(), strict=True)):
            if now != self.sent[i] and (box := pack(state)):
                saved[i], self.sent[i] = box, now
        return saved

    def _printed(self) -> bytes:
        with open(self.log, "rb") as file:
            file.seek(self.read)
            text = file.read()
        self.read += len(text)
        return text

    def close(self) -> None:
        self.child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _knock(address: str) -> None:
    """ResourceError where nothing at HOST:PORT speaks as Ray does; Ray itself would wait for minutes."""
    if address == "auto" or "://" in address:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ResourceError(f"an address of Ray looks like 10.0.0.1:6379 (or auto), not {address!r:.80}")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as line:
            line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS)
            if line.recv(9)[3:4] != SETTINGS[3:4] and os.environ.get("RAY_USE_TLS") != "1":
                raise ResourceError(
                    f"what answers at {address} is no Ray cluster; `ray status` there tells its address"
                )
    except OSError as error:
        why = error.strerror or str(error)
        raise ResourceError(
            f"no Ray cluster answers at {address} ({why}); is it up, and is this its address?"
        ) from None


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Ray puts handlers of its own in the place of those by which a run ends with its trace."""
    names = [n for n in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, n)]
    kept = {n: signal.getsignal(getattr(signal, n)) for n in names}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for name, handler in kept.items():
                signal.signal(getattr(signal, name), handler)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
