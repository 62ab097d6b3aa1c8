"""What the tests of studies share: a module with objectives beside the study, and a study of it."""

import textwrap
from pathlib import Path

import pytest

# Trained in epochs, with a checkpoint; every start is logged beside the module, with the epoch it began at.
OBJECTIVE = """
import json, os, signal, time
from pathlib import Path

HERE = Path(__file__).parent


def note(**row):
    with open(HERE / "starts.log", "a") as file:
        file.write(json.dumps(row) + "\\n")


def hold(epoch):
    # Waits for a test: from this epoch on, or once so many trainings have begun, as long as its file is there.
    try:
        while True:
            at = json.loads((HERE / "hold.json").read_text())
            begun = (HERE / "starts.log").read_text().count("\\n")
            if not (epoch >= at.get("epoch", 1e9) or begun >= at.get("starts", 1e9)):
                return
            time.sleep(0.01)
    except OSError:
        return


def learn(config, fidelity=None, seed=0, report=None, checkpoint=None, pause=0.03):
    state = {"epoch": 0, "sum": 0.0}
    if checkpoint is not None and checkpoint.exists():
        state = json.loads(checkpoint.read_text())
    note(x=config["x"], epoch=state["epoch"], pid=os.getpid(), seed=seed)
    for epoch in range(state["epoch"] + 1, int(fidelity) + 1):
        time.sleep(pause)
        state = {"epoch": epoch, "sum": state["sum"] + (config["x"] - 0.3) ** 2 + (seed % 1000) / 1e6}
        report(epoch, state["sum"] / epoch)
        scratch = checkpoint.with_suffix(".tmp")
        scratch.write_text(json.dumps(state))
        os.replace(scratch, checkpoint)
        hold(epoch)
    return state["sum"] / int(fidelity)


def square(config):
    return (config["x"] - 0.3) ** 2


def printing(config):
    print("a word on stdout")
    os.write(1, b"and one past Python\\n")
    return config["x"]


def dies_once(config):
    if not (HERE / "died").exists():
        (HERE / "died").write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return config["x"]


def dies(config):
    os.kill(os.getpid(), signal.SIGKILL)


def dies_later(config, report=None):
    time.sleep(0.05)
    report(1, config["x"])
    os.kill(os.getpid(), signal.SIGKILL)


def leaves(config):
    raise SystemExit("enough")


def hangs(config):
    if config["x"] < 0.5:
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass  # takes no hint: only a kill ends it
    return config["x"]


def stuck(config):
    if config["x"] < 0.5:
        import ctypes

        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        ctypes.PyDLL(None).sleep(600)  # C code that gives no turn to any thread of Python
    return config["x"]


def fails(config):
    raise RuntimeError("no luck today")


def threads(config):
    note(threads=os.environ["OMP_NUM_THREADS"], gpus=os.environ.get("CUDA_VISIBLE_DEVICES"))
    return config["x"]
"""

# Several at once, for studies that say `packed`; to stand behind the module above.
TOGETHER = """

from nasbook.space import Float, Space
from nasbook.task import Evaluation, Fidelity, Task


class Together(Task):
    # Each of a pack has its own state; one epoch of all after the other, saved before it is told.
    name, space, fidelity = "together", Space(x=Float(0, 1)), Fidelity("epoch", 1, 6)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        rows = {"seeds": [seed], "reports": [report], "checkpoints": [checkpoint]}
        (answer,) = self.evaluate_many([config], fidelity=fidelity, **rows)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def evaluate_many(self, configs, *, fidelity, seeds, reports, checkpoints):
        states = [{"epoch": 0, "value": 0.0} for _ in configs]
        for i, path in enumerate(checkpoints):
            if path is not None and path.exists():
                states[i] = json.loads(path.read_text())
        note(x=[c["x"] for c in configs], epoch=[s["epoch"] for s in states], pid=os.getpid(), seed=list(seeds))
        answers = {}
        for epoch in range(1, int(fidelity or 6) + 1):
            for i, (config, seed, state) in enumerate(zip(configs, seeds, states)):
                if i in answers:
                    continue
                if 0.93 < config["x"] < 0.98:
                    answers[i] = RuntimeError("too large")
                elif config["x"] >= 0.98 and epoch == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                if state["epoch"] < epoch:
                    state.update(epoch=epoch, value=(config["x"] - 0.3) ** 2 + (seed % 1000) / 1e6)
                    if checkpoints[i] is not None:
                        scratch = checkpoints[i].with_suffix(".tmp")
                        scratch.write_text(json.dumps(state))
                        os.replace(scratch, checkpoints[i])
            for i, state in enumerate(states):
                if i not in answers:
                    try:
                        reports[i](epoch, state["value"], 0.001 * epoch)
                    except BaseException as error:
                        answers[i] = error
            hold(epoch)
        return [answers.get(i) or Evaluation(s["value"], cost=0.006) for i, s in enumerate(states)]
"""

STUDY = """
schema: nasbook/study@1
name: test
task: {{name: "objective:{function}"}}
space:
  x: {{type: float, low: 0, high: 1}}
method: {{name: random}}
budget: {{trials: {trials}}}
{more}
"""


@pytest.fixture
def study(tmp_path: Path):
    """study("learn", trials=3, more="workers: 2") -> the path of a study of objective:learn."""

    def write(function: str, trials: int = 4, more: str = "") -> Path:
        (tmp_path / "objective.py").write_text(OBJECTIVE)
        path = tmp_path / "study.yaml"
        path.write_text(STUDY.format(function=function, trials=trials, more=textwrap.dedent(more)))
        return path

    return write


@pytest.fixture(autouse=True)
def fresh_objective():
    """Each test has its own module of this name."""
    import sys

    yield
    sys.modules.pop("objective", None)
