"""Lesson 23: wrong answers are told what is wrong, other right ones pass, and the notebook leaves no file behind."""

import ast
from pathlib import Path

import nbformat
import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.testing import SPACES, check_method

HEAD = "import numpy as np\ndef neighbour(space, config, step, rng):\n    "
FIRST = HEAD + "if config is None:\n        return space.sample(rng)\n    "
U = "u = np.nan_to_num(space.encode(config), nan=0.5)\n    "
BACK = "return space.decode((u + step * rng.standard_normal(len(u))).clip(0, 1))"
MEND = "import numpy as np\ndef propose(self):\n    if not self.done:\n        return self.space.sample(self.rng)\n    "
BEST = "best = min(self.done, key=lambda t: t.value)\n    "
GO = (
    "u = np.nan_to_num(self.space.encode(best.config), nan=0.5)\n"
    "    return self.space.decode((u + 0.1 * self.rng.standard_normal(len(u))).clip(0, 1))"
)
WRONG = [
    ("23.step", HEAD + U + BACK, "NoneType"),
    ("23.step", FIRST + "u = space.encode(config)\n    " + BACK, "NaN"),
    ("23.step", FIRST + U + BACK.replace("rng", "np.random"), "draw from rng only"),
    ("23.step", FIRST + U + BACK.replace("rng.standard_normal(len(u))", "rng.random(len(u))"), "deviations|drift"),
    ("23.step", FIRST + U + BACK.replace("rng.standard_normal(len(u))", "rng.standard_normal()")
     .replace("u + step *", "u + 2 * step *"), "standard deviations"),
    ("23.step", FIRST + U + "return space.decode(u)", "standard deviations"),
    ("23.step", FIRST + U + "return space.decode((u + step * rng.standard_normal(len(u))) % 1)", "ends at its edge"),
    ("23.step", FIRST + U + BACK.replace("step *", "0.1 *"), "steps of 0.05"),
    ("23.step", FIRST + "return space.sample(rng)", "standard deviations"),
    ("23.step", HEAD + "if config is None:\n        return space.decode(np.full(space.d, 0.5))\n    " + U + BACK,
     "whole space should be sampled"),
    ("23.step", FIRST + "for k, v in config.items():\n        if isinstance(v, float):\n"
     "            config[k] = v + step\n    return config", "has been changed|must be|at most"),
    ("23.step", FIRST + U + "v = (u + step * rng.standard_normal(len(u))).clip(0, 1)\n    new = space.decode(v)\n"
     "    return {**config, **{k: new[k] for k in config if k in new and isinstance(config[k], float)}}", "another kernel"),
    ("23.step", FIRST + U + "return (u + step * rng.standard_normal(len(u))).clip(0, 1)", "configuration of the space"),
    ("23.mend", MEND + BEST + GO.replace("self.rng", "np.random"), "two traces"),
    ("23.mend", (MEND + BEST + GO).replace("self.space.sample(self.rng)", "self.space.sample(np.random.default_rng())"),
     "draw from self.rng"),
    ("23.mend", (MEND + BEST + GO).replace("self.space.sample(self.rng)", "self.space.sample(np.random.default_rng(0))"),
     "nearly the same"),
    ("23.mend", (MEND + BEST + GO).replace("self.done", "self.trials"), "NoneType"),
    ("23.mend", (MEND + BEST + GO).replace("if not self.done", "if not self.trials"), "empty"),
    ("23.mend", MEND + BEST.replace("min", "max") + GO, "should lie about the best"),
    ("23.mend", MEND + "best = self.done[-1]\n    " + GO, "should lie about the best"),
    ("23.mend", MEND + "best = min(self.trials, key=lambda t: t.value or 0)\n    " + GO, "about the best"),
    ("23.mend", MEND + "return self.space.sample(self.rng)", "about the best|standard deviation"),
    ("23.mend", MEND + BEST + "return best.config", "standard deviation 0.1"),
    ("23.mend", MEND + BEST + GO.replace("np.nan_to_num(self.space.encode(best.config), nan=0.5)",
     "self.space.encode(best.config)"), "NaN"),
    ("23.mend", "import numpy as np\nrng = np.random.default_rng(0)\n" + (MEND + BEST + GO).split("\n", 1)[1]
     .replace("self.rng", "rng"), "draw from self.rng"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


RIGHT = [
    ("23.step", FIRST + "u = space.encode(config)\n    u = np.where(np.isnan(u), rng.random(len(u)), u)\n    " + BACK),
    ("23.step", FIRST + U + "return space.decode(u + rng.normal(0, step, space.d))"),  # decode knows the edges
    ("23.mend", MEND + BEST + GO.replace(".clip(0, 1)", "")),
    (
        "23.mend",
        MEND + "best = sorted((t for t in self.trials if t.value is not None), key=lambda t: t.value)[0]\n    " + GO,
    ),
]


@pytest.mark.parametrize("name, source", RIGHT, ids=[f"{n}-{i}" for i, (n, _) in enumerate(RIGHT)])
def test_other_right_answers_pass(name, source, tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    exercise = nasbook.exercise(name)
    for _ in range(5):
        told = exercise.check(run_cell(source)[exercise.answer])
        assert told.passed, told.message


NOTEBOOK = next((Path(__file__).parents[2] / "notebooks").glob("23_*.ipynb"))


def test_the_module_of_the_study_has_the_class_of_the_notebook():
    cells = [c.source for c in nbformat.read(NOTEBOOK, 4).cells if c.cell_type == "code"]
    sources = [s for s in cells if "class HillClimbing(" in s]
    module = next(
        n.value
        for n in ast.walk(ast.parse(sources[1]))
        if isinstance(n, ast.Constant) and "class HillClimbing(" in str(n.value)
    )
    own, written = (
        {n.name: ast.unparse(n.body) for n in ast.parse(s).body if isinstance(n, ast.ClassDef)}
        for s in (sources[0], module)
    )
    assert own == written and set(own) == {"HillSettings", "HillClimbing"}


def test_the_method_of_the_notebook_keeps_every_promise():
    cells = [c.source for c in nbformat.read(NOTEBOOK, 4).cells if c.cell_type == "code"]
    source = next(s for s in cells if "class HillClimbing(" in s).partition("print(*check_method")[0]
    made = run_cell("import numpy as np\n" + source.replace("@nasbook.register", ""))["HillClimbing"]
    assert len(check_method(made, trials=10)) == 8
    with pytest.raises(ValueError, match="step must lie in"):
        made(SPACES["floats"], step=0)


def test_a_stub_with_a_lambda_is_known_wherever_its_lines_stand(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    exercise = nasbook.exercise("23.mend")
    told = exercise.check(run_cell("# mine\n\n" + exercise.stub)["propose"])
    assert not told.passed and "still as it was" in told.message
    assert "23.mend" not in exercise.record.read()  # which is not a try
