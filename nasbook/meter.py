"""What a trial uses of the machine: seconds of processors and GPUs, memory, and energy where the machine counts it.

    with Meter("trial 3") as meter:
        ...
    meter.used     # {"seconds": 2.0, "cpu_seconds": 1.9, "peak_bytes": 4.1e8}

seconds: by the clock. cpu_seconds: of all threads of this process, and of processes that it has started and that have
ended. peak_bytes: the most memory that the process has ever held by then (a worker's: during the trial). cpu_joules: of
the counter of Intel and AMD processors, where it may be read: the share of this process in the work of the machine.
gpu_seconds, gpu_use (from 0 to 1), gpu_peak_bytes, gpu_joules: where PyTorch uses a GPU, the last by the board's own
counter; of a GPU that n trials share, one n-th. What cannot be measured is left out, and nothing is guessed.

Where there is a GPU, trials and epochs are ranges of NVTX, which Nsight Systems shows.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

SHARE = "NASBOOK_GPU_SHARE"  # of a GPU, that a worker has; set by the engine
WHOLE = ("peak_bytes", "gpu_peak_bytes", "gpu_use")  # what is no sum
LONG = 0.001  # seconds; of shorter trials the memory is not worth its reading


class Meter:
    """name: of its range of NVTX; without one it has none."""

    def __init__(self, name: str = "", on: bool = True) -> None:
        self.name, self.on = name, on
        self.used: dict[str, float] = {}
        self._ranges = 0

    def __enter__(self) -> Meter:
        if self.on:
            if self.name:
                self._push(self.name)
            self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self.on:
            self.used = self.so_far()
            self._stop()
            while self._ranges:
                self._pop()

    def lap(self) -> dict[str, float]:
        """What was used since the beginning, or since the last lap."""
        used = self.so_far()
        self._stop()
        self.begin()
        return used

    def epoch(self, fidelity: float) -> None:
        """An epoch has ended, and another may begin."""
        if self._ranges > 1:
            self._pop()
        if self._ranges:
            self._push(f"after {fidelity:g}")

    # ---- reading -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Measure from now on."""
        self._boards = _Boards() if _nvtx() else None
        self._joules = _processor_joules()
        self._work, self._cpu, self._clock = _machine_seconds(), _cpu_seconds(), time.perf_counter()

    def so_far(self) -> dict[str, float]:
        """What was used since then."""
        seconds, cpu = time.perf_counter() - self._clock, _cpu_seconds() - self._cpu
        used = {"seconds": round(seconds, 6), "cpu_seconds": round(cpu, 6)}
        if seconds >= LONG and (peak := _peak_bytes()):
            used["peak_bytes"] = peak
        if self._joules is not None and (after := _processor_joules()) is not None and after >= self._joules:
            work = max(cpu, _machine_seconds() - self._work)
            used["cpu_joules"] = round((after - self._joules) * (cpu / work if work else 1.0), 3)
        if self._boards:
            used |= self._boards.read(seconds)
        return used

    def _stop(self) -> None:
        if self._boards:
            self._boards.over.set()

    def _push(self, name: str) -> None:
        if nvtx := _nvtx():
            nvtx.range_push(name)
            self._ranges += 1

    def _pop(self) -> None:
        self._ranges -= 1
        _nvtx().range_pop()


def added(used: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    """What was used in two spans of time, one after the other: sums, and the larger of what is no sum."""
    names = [*used, *(name for name in more if name not in used)]
    both = {name: (used.get(name, 0.0), more.get(name, 0.0)) for name in names}
    return {name: max(pair) if name in WHOLE else round(sum(pair), 6) for name, pair in both.items()}


def part_of(used: Mapping[str, float], part: float) -> dict[str, float]:
    """Of a trial that had this part, of 1, in what was used by several at once."""
    return {name: x if name in WHOLE else round(x * part, 6) for name, x in used.items()}


def forget_peak() -> None:
    """Begin anew to look for the most memory, where the system can; for a process that is all one's own."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _cpu_seconds() -> float:
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _peak_bytes() -> float | None:
    with suppress(OSError, ValueError, IndexError):
        return 1024.0 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
    with suppress(ImportError):
        resource: Any = import_module("resource")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak) if sys.platform == "darwin" else 1024.0 * peak
    return None


@cache
def _counters() -> tuple[Path, ...]:
    """Of each processor, if this process may read them."""
    found = tuple(Path("/sys/class/powercap").glob("intel-rapl:[0-9]/energy_uj"))
    return found if all(os.access(path, os.R_OK) for path in found) else ()


def _processor_joules() -> float | None:
    if not _counters():
        return None
    with suppress(OSError, ValueError):
        return sum(int(path.read_text()) for path in _counters()) / 1e6
    return None


def _machine_seconds() -> float:
    """Seconds that all processors have worked; 0 where no counter of energy is there to be shared out."""
    if not _counters():
        return 0.0
    user, nice, system, _, _, irq, soft = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


# ---- GPUs ----------------------------------------------------------------------------------------------------


def _nvtx() -> Any:
    """PyTorch's NVTX, where it was imported and sees a GPU."""
    torch = sys.modules.get("torch")
    return _nvtx_of(torch) if hasattr(torch, "cuda") else None


@cache
def _nvtx_of(torch: Any) -> Any:
    return torch.cuda.nvtx if torch.version.cuda and torch.cuda.is_available() else None


class _Boards:
    """The GPUs that PyTorch sees, from now until `read`; their use is looked at twice a second."""

    def __init__(self) -> None:
        self.cuda = sys.modules["torch"].cuda
        self.boards: list[object] = []
        self.uses: list[float] = []
        self.over = threading.Event()
        with suppress(Exception):  # no NVML, or a board that it does not know
            self.nvml: Any = import_module("pynvml")
            self.nvml.nvmlInit()
            names = [f"GPU-{self.cuda.get_device_properties(i).uuid}" for i in range(self.cuda.device_count())]
            self.boards = [self.nvml.nvmlDeviceGetHandleByUUID(name) for name in names]
            threading.Thread(target=self._look, daemon=True).start()
        if self.cuda.is_initialized():
            self.cuda.reset_peak_memory_stats()
        self.joules = self._joules()

    def _look(self) -> None:
        with suppress(Exception):
            while not self.over.wait(0.5):
                self.uses += [self.nvml.nvmlDeviceGetUtilizationRates(b).gpu / 100 for b in self.boards]

    def _joules(self) -> float | None:
        with suppress(Exception):  # boards before Volta do not count
            return sum(self.nvml.nvmlDeviceGetTotalEnergyConsumption(b) for b in self.boards) / 1000
        return None

    def read(self, seconds: float) -> dict[str, float]:
        if not self.cuda.is_initialized():
            return {}
        share = float(os.environ.get(SHARE, 1))
        used = {"gpu_seconds": round(seconds * self.cuda.device_count() * share, 6)}
        used["gpu_peak_bytes"] = float(self.cuda.max_memory_allocated())
        if self.uses:
            used["gpu_use"] = round(sum(self.uses) / len(self.uses), 3)
        if self.boards and self.joules is not None and (after := self._joules()) is not None:
            used["gpu_joules"] = round((after - self.joules) * share, 3)
        return used
