"""Training of any network of a search space: what the cells' tests do not cover."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.search import search
from nasbook.tasks.architectures import Networks, Training

CHAIN = {"depth": 2, "kind_1": "conv", "kernel_1": 3, "channels_1": 8, "skip_1": True, "stride_1": 2}
CHAIN |= {"kind_2": "conv", "kernel_2": 1, "channels_2": 16, "skip_2": False, "stride_2": 1}


def test_a_chain_learns():
    conv = {"kind": "conv", "kernel": 3, "channels": 32, "skip": False}
    config = {
        "depth": 3,
        **{f"{k}_{i}": v for i in (1, 2, 3) for k, v in {**conv, "stride": 2 if i == 3 else 1}.items()},
    }
    answer = nasbook.task("digits-conv-chain").evaluate(config, seed=0)
    assert answer.value < 0.1 and answer.metrics["epochs"] == 12 and len(answer.curve) == 12


def test_the_costs_of_a_chain_by_hand():
    answer = nasbook.task("digits-conv-chain").evaluate(CHAIN, seed=0, fidelity=1)
    conv, project, second, head = 9 * 8 + 16, 8 + 16, 8 * 16 + 32, 170
    assert answer.metrics["parameters"] == conv + project + second + head
    layers = 16 * (9 * 8 + 8) + 16 * 8 * 16  # 4×4 pixels: 3×3 and the projection from one channel, then 1×1
    norms, relus = 2 * 16 * (8 + 8 + 16), 16 * (8 + 16)
    assert answer.metrics["flops"] == layers + norms + relus + 160


def test_seeds_differ_and_repeat():
    task = nasbook.task("digits-mlp-chain", epochs=2)
    config = task.space.sample(np.random.default_rng(0))
    a, b, c = (task.evaluate(config, seed=s).metrics["train_loss"] for s in (0, 0, 1))
    assert a == b != c
    torch.manual_seed(5)
    assert task.evaluate(config, seed=0).metrics["train_loss"] == a, "torch's own generator does not matter"


def test_a_checkpoint_goes_on(tmp_path):
    task = nasbook.task("digits-conv-chain", epochs=4)
    whole = task.evaluate(CHAIN, seed=3)
    task.evaluate(CHAIN, seed=3, fidelity=2, checkpoint=tmp_path / "t.pt")
    assert task.evaluate(CHAIN, seed=3, checkpoint=tmp_path / "t.pt").curve == whole.curve
    with pytest.raises(ValueError, match="holds another training"):
        task.evaluate({**CHAIN, "channels_1": 16}, seed=3, checkpoint=tmp_path / "t.pt")


def test_a_trace_names_what_makes_its_task_again():
    task = nasbook.task("digits-conv-chain", epochs=1, data="textures", depth=2)
    assert task.arguments == {"epochs": 1, "data": "textures", "depth": 2}
    assert task.space.parameters["depth"].high == 2
    trace = search("regularized-evolution", task, trials=2)
    again = registry.make("task", trace.header.task, **trace.header.arguments)
    assert again.space == task.space
    assert again.evaluate(trace.trials[0].config, seed=1).value == task.evaluate(trace.trials[0].config, seed=1).value


def test_one_epoch_at_a_time_is_a_whole_training():
    task = nasbook.task("digits-conv-chain", epochs=3)
    training = Training(task, CHAIN, 7)
    for _ in range(3):
        training.epoch()
    assert [row["error"] for row in training.rows] == [v for _, v in task.evaluate(CHAIN, seed=7).curve]
    assert task.test(CHAIN, seed=7) == training.measure("test")[1]


def test_error_and_size_together():
    task = nasbook.task("digits-conv-chain", epochs=1, objectives=("error", "flops"))
    trial = search("random", task, trials=1).trials[0]
    assert trial.values == (trial.value, trial.metrics["flops"] / 1e6)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"space": "conv-chian"}, "there is no space 'conv-chian'; did you mean 'conv-chain'"),
        ({"space": "recurrent-cell"}, "the networks of recurrent-cell do not read images"),
        ({"space": "generator"}, "the networks of generator do not read images"),
        ({"data": "cifar"}, "digits-conv-chain: data must be one of digits, messy, textures, not 'cifar'"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"lr": -1}, "lr must be a positive number, not -1"),
        ({"depth": 0}, "depth must be a whole number of at least 1"),
        ({"train": 10}, "train must be a whole number of at least 50"),
        ({"objectives": ("error", "watts")}, "there is no objective 'watts'"),
    ],
)
def test_arguments_are_checked(arguments, says):
    with pytest.raises(ValueError, match=says):
        Networks(**arguments)


# ---- a recipe that is searched with the architecture ---------------------------------------------------------


@pytest.mark.parametrize("name", ["digits-conv-chain", "digits-macro", "characters", "images"])
def test_a_recipe_in_the_configuration_is_that_recipe(name):
    """The oracle: the same number of a task made with that rate, bit for bit; and the task's own where none is held."""
    task, other = nasbook.task(name, epochs=1), nasbook.task(name, epochs=1, lr=0.02)
    config = task.space.sample(np.random.default_rng(3))
    a, b = (t.evaluate(config, seed=1).metrics["train_loss"] for t in (task, other))
    assert task.evaluate({**config, "lr": 0.02}, seed=1).metrics["train_loss"] == b != a
    assert other.evaluate({**config, "lr": task.recipe["lr"]}, seed=1).metrics["train_loss"] == a


def test_every_part_of_the_recipe_counts():
    task = nasbook.task("digits-conv-chain", epochs=1)
    changed = [{"weight_decay": 0.1}, {"momentum": 0.0}, {"weight_decay": 0}, {"lr": 1}]
    losses = [task.evaluate({**CHAIN, **more}, seed=0).metrics["train_loss"] for more in [{}, *changed]]
    assert len(set(losses)) == 5
    assert torch.equal(
        task.network(CHAIN, 0).state_dict()["head.weight"],
        task.network({**CHAIN, "lr": 1.0}, 0).state_dict()["head.weight"],
    ), "the weights at the start are those of the architecture"


@pytest.mark.parametrize(
    "more, words",
    [
        ({"lr": 0}, "lr must be above 0, not 0"),
        ({"lr": float("nan")}, "lr must be a finite number"),
        ({"lr": "high"}, "lr must be a finite number"),
        ({"weight_decay": -1}, "weight_decay must"),
        ({"rate": 0.1}, "unknown parameter 'rate'"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(more, words):
    with pytest.raises(ValueError, match=words) as caught:
        nasbook.task("digits-conv-chain", epochs=1).evaluate({**CHAIN, **more})
    assert "\n" not in str(caught.value)


def test_tune_makes_the_space(tmp_path):
    task = nasbook.task("digits-cells", epochs=2, tune=["lr", "weight_decay"])
    assert task.space == nasbook.join("nb201-cell", {n: task.TUNED[n] for n in ("lr", "weight_decay")})
    trace = search("random", task, trials=2, out=tmp_path / "t.jsonl")
    assert registry.make("task", trace.header.task, **trace.header.arguments).space == task.space
    config = trace.trials[0].config
    whole = task.evaluate(config, seed=3)
    task.evaluate(config, seed=3, fidelity=1, checkpoint=tmp_path / "t.pt")
    assert task.evaluate(config, seed=3, checkpoint=tmp_path / "t.pt").curve == whole.curve
    with pytest.raises(ValueError, match="holds another training"):
        task.evaluate({**config, "lr": 0.5}, seed=3, checkpoint=tmp_path / "t.pt")
    for wrong in ("lr", ["rate"], 3):
        with pytest.raises(ValueError, match="tune is a list of some of lr, weight_decay, momentum"):
            nasbook.task("digits-cells", tune=wrong)


def test_a_space_without_an_architecture_is_refused():
    for space in (nasbook.Space(lr=nasbook.Float(0.1, 1)), nasbook.join("mlp-chain", lr=nasbook.Float(0.1, 1))):
        with pytest.raises(ValueError, match="holds no architecture|unknown|missing"):
            search("random", "digits-cells", space=space, trials=1)


def test_an_architecture_that_is_fixed_leaves_its_recipe():
    cell = {name: nasbook.Constant("conv3x3") for name in nasbook.architectures("nb201-cell").space.parameters}
    task = nasbook.task("digits-cells", epochs=1)
    trace = search("bayesian", task, space=nasbook.join(cell, lr=nasbook.Float(0.01, 3, log=True)), trials=3)
    assert len({t.value for t in trace.trials}) > 1 and set(trace.trials[0].config) == {*cell, "lr"}
