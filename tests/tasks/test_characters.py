"""Next characters: the text, what a learner must beat, and the training."""

import math

import numpy as np
import pytest

import nasbook
from nasbook.tasks.characters import LENGTH, Characters, text

CELL = {"activation_1": "identity", "activation_2": "tanh", "input_3": 2, "activation_3": "tanh", "input_4": 3}
CELL["activation_4"] = "sigmoid"


def test_the_text():
    alphabet, splits = text()
    assert len(alphabet) == 34 and alphabet.endswith("xyz")
    read = {k: "".join(alphabet[i] for i in x.ravel()) for k, (x, _) in splits.items()}
    assert read["train"].startswith("the village stands where two rivers meet. the north")
    assert {k: len(v) // LENGTH for k, v in read.items()} == {"train": 391, "val": 69, "test": 64}
    x, y = splits["val"]
    assert (x.ravel()[1:] == y.ravel()[:-1]).all(), "what is predicted is the next character"
    assert not any(read["val"][i : i + 60] in read["train"] for i in range(0, 2000, 50))


def test_a_cell_learns_more_than_pairs_of_characters():
    task = nasbook.task("characters")
    (x, y), (vx, vy) = task.splits["train"], task.splits["val"]
    single = (np.bincount(y.ravel(), minlength=34) + 1.0) / (y.size + 34)
    assert -np.log2(single[vy]).mean() == pytest.approx(4.1, abs=0.05)
    pairs = np.full((34, 34), 0.1)
    np.add.at(pairs, (x.ravel(), y.ravel()), 1)
    pairs /= pairs.sum(1, keepdims=True)
    known = -np.log2(pairs[vx, vy]).mean()
    assert known == pytest.approx(3.1, abs=0.05)
    answer = task.evaluate(CELL, seed=0)
    assert 1.5 < answer.value < known - 0.3
    assert answer.value == pytest.approx(answer.metrics["val_loss"] / math.log(2))
    assert answer.curve[-1] == (10, answer.value) and answer.curve[0][1] > answer.value
    assert abs(task.test(CELL, seed=0) - answer.value) < 0.5


def test_seeds_checkpoints_and_fidelity(tmp_path):
    task = nasbook.task("characters", epochs=3, nodes=4)
    whole = task.evaluate(CELL, seed=3)
    assert task.evaluate(CELL, seed=4).value != whole.value
    short = task.evaluate(CELL, seed=3, fidelity=1, checkpoint=tmp_path / "t.pt")
    assert short.curve == whole.curve[:1]
    assert task.evaluate(CELL, seed=3, checkpoint=tmp_path / "t.pt").curve == whole.curve
    with pytest.raises(ValueError, match="holds another training"):
        task.evaluate({**CELL, "activation_1": "relu"}, seed=3, checkpoint=tmp_path / "t.pt")


def test_a_diverged_training_has_no_value():
    answer = Characters(epochs=2, lr=1e30).evaluate({**CELL, "activation_4": "identity"})
    assert math.isnan(answer.value) and answer.metrics["epochs"] == 1


def test_a_trace_names_what_makes_its_task_again():
    trace = nasbook.search("random", nasbook.task("characters", epochs=1, nodes=2), trials=2)
    again = nasbook.task(trace.header.task, **trace.header.arguments)
    assert again.space == trace.space and again.arguments == {"epochs": 1, "nodes": 2}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"epochs": 0}, "characters: epochs must be a whole number of at least 1, not 0"),
        ({"lr": 0}, "characters: lr must be a positive number, not 0"),
        ({"width": 0}, "width must be a whole number of at least 1, not 0"),
        ({"output": "last"}, "output must be one of 'loose ends'"),
        ({"device": "gpu"}, "device must be 'auto'"),
    ],
)
def test_arguments_are_checked(arguments, says):
    with pytest.raises(ValueError, match=says):
        Characters(**arguments)
