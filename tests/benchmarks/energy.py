"""What nasbook's meter and codecarbon say that the same work costs, on a machine that others use as well.

    .venv-scale/bin/python -m pip install codecarbon
    .venv-scale/bin/python tests/benchmarks/energy.py [seconds] > tests/benchmarks/energy.txt

The work is always the same number of seconds of one core (default: 4). It runs at once; then between pauses, five times
as long; then beside two processes that are not ours. nasbook counts the seconds of processor of this process and takes
10 W a core (range: half to twice); codecarbon, offline, takes the clock where it finds no counter of energy: watts of
the processor and of the memory × time, for the whole machine (`machine`) or for this process (`process`). Both are
read in the same run, over the same span.
"""

from __future__ import annotations

import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nasbook.cost import cost_of
from nasbook.meter import Meter

SLICE = 0.1  # seconds of work between two pauses


def burn(seconds: float) -> None:
    """Use so many seconds of this process' processor time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def at_once(seconds: float) -> None:
    burn(seconds)


def with_pauses(seconds: float) -> None:
    for _ in range(round(seconds / SLICE)):
        burn(SLICE)
        time.sleep(4 * SLICE)


@contextmanager
def neighbours(n: int) -> Iterator[None]:
    """Processes of somebody else, which keep their cores busy."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()  # outside the meter, which counts what has ended


def both(name: str, work: Callable[[float], None], seconds: float, mode: str) -> list[str]:
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(
        country_iso_code="DEU", log_level="critical", save_to_file=False, tracking_mode=mode, measure_power_secs=1
    )
    tracker.start()
    with Meter() as meter:
        work(seconds)
    tracker.stop()
    ours, theirs = cost_of([meter.used]), tracker.final_emissions_data
    low, high = ours.range
    wh = 1000 * theirs.energy_consumed
    return [
        name,
        mode,
        f"{meter.used['seconds']:.1f}",
        f"{meter.used['cpu_seconds']:.1f}",
        f"{1000 * ours.wh:.1f} ({1000 * low:.1f} to {1000 * high:.1f})",
        f"{1000 * wh:.1f}",
        f"{1e6 * theirs.cpu_energy:.1f}",
        f"{1e6 * theirs.ram_energy:.1f}",
        f"{wh / ours.wh:.1f}",
    ]


def main(seconds: float = 4.0) -> None:
    logging.disable(logging.CRITICAL)
    import codecarbon

    counter = "counts" if "cpu_joules" in _probe() else "does not count"
    print(f"codecarbon {codecarbon.__version__}, {platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(
        f"load {os.getloadavg()[0]:.0f}; the machine {counter} its own energy; mWh of {seconds:g} seconds of one core\n"
    )
    print("| the work | codecarbon's mode | s | of processor | nasbook | codecarbon | its CPU | its RAM | times |")
    print("|---|---|---|---|---|---|---|---|---|")
    for mode in ("machine", "process"):
        rows = [both("at once", at_once, seconds, mode), both("with pauses", with_pauses, seconds, mode)]
        with neighbours(2):
            rows.append(both("beside two others", at_once, seconds, mode))
        print("\n".join("| " + " | ".join(row) + " |" for row in rows), flush=True)


def _probe() -> dict[str, float]:
    with Meter() as meter:
        pass
    return meter.used


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
