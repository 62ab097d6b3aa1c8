"""What a task offers besides `evaluate` is asked with isinstance, and every built-in task answers truly."""

import ast
from pathlib import Path

import pytest

import nasbook
from nasbook import registry
from nasbook.task import HoldsImages, JudgesImages, KnowsOutcomes, ManyTasks, OfNumbers, Predicts

OFFERS = {
    HoldsImages: {
        "digits-mlp", "digits-cnn", "digits-cells", "digits-mlp-chain", "digits-conv-chain", "digits-darts",
        "digits-s2", "digits-s4", "digits-macro", "digits-block-chain", "digits-mbconv-chain", "digits-elastic",
        "digits-compound", "characters", "digits-mlp-parameters", "images",
    },
    JudgesImages: {"digits-gan"},
    ManyTasks: {"digits-few-shot"},
    Predicts: {
        "digits-cells", "digits-mlp-chain", "digits-conv-chain", "digits-darts", "digits-s2", "digits-s4",
        "digits-macro", "digits-block-chain", "digits-mbconv-chain", "digits-elastic", "digits-compound", "images",
        "digits-pool", "characters",
    },
    OfNumbers: {"forrester", "branin", "hartmann6", "ackley", "rosenbrock", "ellipsoid", "uneven-axes"},
}  # fmt: skip
NAMES = ("name", "__name__", "value_label", "space", "fidelity", "objectives")  # a class may lack these


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.__name__)
def test_a_task_says_what_it_offers(offer):
    able = {e.name for e in registry.TASKS if isinstance(nasbook.task(e.name), offer)}
    assert able == OFFERS[offer]


def test_tables_know_all_outcomes_and_the_others_do_not():
    for entry in registry.TASKS:
        table = entry.name.startswith(("nb201", "digits201", "digits-hpo", "digits-jahs"))
        assert isinstance(nasbook.task(entry.name), KnowsOutcomes) == table, entry.name


def test_no_task_is_asked_by_the_name_of_an_attribute():
    """`hasattr(task, "data")` says nothing to a reader, and a typing error in it says nothing at all."""
    asked = []
    for path in Path(nasbook.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("hasattr", "getattr"):
                what, name = ast.unparse(node.args[0]), node.args[1]
                known = isinstance(name, ast.Constant) and name.value not in NAMES
                if known and what in ("task", "self.task", "view", "step.view", "table"):
                    asked.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    assert not asked, asked
