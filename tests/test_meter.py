"""What trials are measured to use: work counts and waiting does not; nothing of it is compared."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

import nasbook
from nasbook import meter
from nasbook.meter import Meter
from nasbook.trial import Trial

SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def work(seconds=0.03):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 0.0


def objective(config):
    return work() if config["x"] < 0.5 else time.sleep(0.03) or 1.0


def test_work_is_counted_and_waiting_is_not():
    trials = nasbook.search("random", objective, space=SPACE, trials=6, seed=0).trials
    assert {t.value for t in trials} == {0.0, 1.0}
    for t in trials:
        assert t.used["seconds"] >= 0.03 and t.used["seconds"] <= t.cost
        assert (t.used["cpu_seconds"] >= 0.03) == (t.value == 0.0)
        assert t.used["peak_bytes"] > 1e6


def test_the_work_of_a_process_that_has_ended_counts():
    code = "import time\nwhile time.process_time() < 0.2: pass"
    with Meter() as one:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert one.used["cpu_seconds"] >= 0.15


def test_a_failed_trial_has_used_what_it_used_and_a_table_nothing():
    failed = nasbook.search("random", lambda c: work() / 0, space=SPACE, trials=1).trials[0]
    assert failed.status == "failed" and failed.used["cpu_seconds"] >= 0.03
    assert not any(t.used for t in nasbook.search("random", "nb201-cifar10", trials=3).trials)


def test_epochs_of_one_training_are_measured_each():
    trace = nasbook.search("darts", "digits-cells", trials=2, epochs=2, channels=2)
    assert len(trace) == 2 and all(t.used["cpu_seconds"] > 0 for t in trace.trials)


def test_what_was_used_is_kept_and_not_compared(tmp_path):
    trace = nasbook.search("random", objective, space=SPACE, trials=2, out=tmp_path / "trace.jsonl")
    again = nasbook.Trace.load(tmp_path / "trace.jsonl")
    assert [t.used for t in again.trials] == [t.used for t in trace.trials] and again.digest == trace.digest
    one = trace.trials[0]
    assert replace(one, used={}) == one != replace(one, cost=99.0)
    one.used["cpu_seconds"] = -1.0
    assert trace.trials[0].used["cpu_seconds"] > -1


@pytest.mark.parametrize("used", [3, {"cpu_seconds": "1"}, {"cpu_seconds": True}, [1]])
def test_a_damaged_measurement_is_named(used, tmp_path):
    nasbook.search("random", objective, space=SPACE, trials=1, out=tmp_path / "trace.jsonl")
    lines = (tmp_path / "trace.jsonl").read_text().splitlines()
    lines[-1] = json.dumps({**json.loads(lines[-1]), "used": used})
    (tmp_path / "trace.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match="used"):
        nasbook.Trace.load(tmp_path / "trace.jsonl")


def test_an_older_trace_has_none():
    assert Trial.from_dict({"id": 0, "config": {}}).used == {}


class Board:
    """One GPU that draws 100 W by a clock of its own, and is half in use."""

    clock = 0.0

    def __init__(self):
        self.ranges, self.open = [], 0
        self.nvtx = SimpleNamespace(range_push=self.push, range_pop=self.pop)

    def push(self, name):
        self.ranges.append(name)
        self.open += 1

    def pop(self):
        self.open -= 1

    is_available = is_initialized = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 1)
    get_device_properties = staticmethod(lambda _: SimpleNamespace(uuid="1-2"))
    reset_peak_memory_stats = staticmethod(lambda: None)
    max_memory_allocated = staticmethod(lambda: 5_000_000)


def test_a_gpu_is_read_by_its_counter_and_shown_its_ranges(monkeypatch):
    """There is none here: the arithmetic is tried on a board that answers as NVML and PyTorch do."""
    board = Board()
    nvml = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda name: {"GPU-1-2": "board"}[name],
        nvmlDeviceGetUtilizationRates=lambda b: SimpleNamespace(gpu=50),
        nvmlDeviceGetTotalEnergyConsumption=lambda b: int(100_000 * Board.clock),
    )
    torch = SimpleNamespace(cuda=board, version=SimpleNamespace(cuda="12.8"), __hash__=lambda: 0)
    monkeypatch.setattr(meter, "_nvtx", lambda: board.nvtx)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv(meter.SHARE, "0.5")
    with Meter("trial 7") as one:
        for epoch in (1, 2):
            Board.clock += 2.0
            one.epoch(epoch)
    assert one.used["gpu_joules"] == 200.0 and one.used["gpu_peak_bytes"] == 5_000_000
    assert one.used["gpu_seconds"] == pytest.approx(one.used["seconds"] / 2, abs=1e-5)
    assert board.ranges == ["trial 7", "after 1", "after 2"] and board.open == 0
