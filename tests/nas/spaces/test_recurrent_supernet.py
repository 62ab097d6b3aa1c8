"""The supernet of recurrent cells: a path is the cell of that path, matrices are shared by pairs of nodes, and enas
searches it on a text."""

import math

import numpy as np
import pytest
import torch
from nas.pictures import history, stopped_and_gone_on

import nasbook
from nasbook import registry
from nasbook.kit import learner
from nasbook.kit.start import init_weights
from nasbook.nas.enas import Enas
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.recurrent_cell import RecurrentCells
from nasbook.task import Task

SPACES = RecurrentCells()
PLACES = registry.supernet("enas", SPACES.space, mixes=False)
SMALL = {"epochs": 2, "channels": 2, "steps": 2, "samples": 2, "looks": 2, "device": "cpu"}


class Text(Task):
    """A few pieces of a text of six symbols, each of which decides the next."""

    name, space = "text", SPACES.space

    def data(self):
        rng = np.random.default_rng(0)
        draw = lambda: (rng.integers(0, 6, (100, 1)) + np.arange(9)) % 6  # noqa: E731
        return {part: (whole[:, :-1], whole[:, 1:]) for part, whole in (("train", draw()), ("val", draw()))}


def supernet(output="loose ends", seed=0):
    places = registry.supernet("enas", SPACES.space, mixes=False)
    places.spaces = RecurrentCells(output=output)
    net = places.net(2, 6, 8)
    init_weights(net, np.random.default_rng(seed))
    return places, net.double()


def paths(n=12):
    rng = np.random.default_rng(1)
    return [PLACES.path(SPACES.space.sample(rng)) for _ in range(n)]


def test_a_configuration_and_its_path_are_the_same_cell():
    assert PLACES.edges == ((0, 1), (1, 2), (1, 3), (2, 3), (1, 4), (2, 4), (3, 4))
    config = {
        "activation_1": "tanh",
        "activation_2": "relu",
        "input_3": 1,
        "activation_3": "sigmoid",
        "input_4": 3,
        "activation_4": "identity",
    }
    assert PLACES.names(PLACES.path(config)) == ("tanh", "relu", "sigmoid", "none", "none", "none", "identity")
    rng = np.random.default_rng(0)
    for config in (SPACES.space.sample(rng) for _ in range(30)):
        assert PLACES.config(PLACES.path(config)) == config
    with pytest.raises(ValueError, match="node 3 reads 2 nodes on this path, not one"):
        PLACES.config((1, 1, 1, 1, 0, 0, 1))


@pytest.mark.parametrize("output", ["loose ends", "all nodes"])
def test_a_path_is_the_network_of_that_path(output):
    """Bit for bit, also where the state is the mean of all nodes."""
    places, net = supernet(output)
    x, outputs = torch.arange(24).reshape(3, 8) % 6, []
    for path in paths():
        alone = net.derive(path)
        assert dict(alone.named_modules())["cell"].output == places.spaces.ends(places.config(path))
        outputs.append(net(x, single(path)))
        assert torch.equal(outputs[-1], alone(x))
    assert not any(torch.equal(outputs[0], other) for other in outputs[1:])


def test_what_is_off_the_path_does_not_move():
    method = Enas(SPACES.space, seed=0, **SMALL)
    train, _ = method.start(Text())
    path = PLACES.path(
        {
            "activation_1": "tanh",
            "activation_2": "relu",
            "input_3": 1,
            "activation_3": "tanh",
            "input_4": 3,
            "activation_4": "identity",
        }
    )
    all_on = PLACES.path({**PLACES.config(path), "input_3": 2, "input_4": 2})
    for p in (all_on, path):  # momentum first, then one step of the path
        before = {k: v.clone() for k, v in method.net.state_dict().items()}
        method.step_w(method.batches(train)[0], single(p))
    moved = {k.split(".")[1] for k, v in method.net.state_dict().items() if "places" in k and not v.equal(before[k])}
    assert moved == {"0_1", "1_2", "1_3", "3_4"}


def test_a_mixture_would_grow():
    """Why only paths run: the same cell with every node that may be read, each summand as large as on a path."""
    _, net = supernet()
    x = torch.zeros(1, 32, dtype=torch.int64)
    entered = net.cell.enter(net.embedding(x)).unbind(1)
    h = torch.zeros(1, 8, dtype=torch.float64)
    sizes = []
    for e in entered:
        s = [h]
        for i in range(1, 5):
            terms = []
            for j in range(i > 1, i):
                gate, a = (net.places[f"{j}_{i}"](s[j]) + (e if j == 0 else 0)).chunk(2, dim=1)
                mean = torch.stack([f(a) for f in (torch.tanh, torch.relu, torch.sigmoid, lambda a: a)]).mean(0)
                terms.append(torch.lerp(s[j], mean, torch.sigmoid(gate)))
            s.append(torch.stack(terms).sum(0))
        h = s[-1]
        sizes.append(float(h.detach().norm()))
    largest = max(float(net.cell.run(net.embedding(x), PLACES.spaces.wiring(c), [net.places[f"{j}_{i}"] for i, (_, j) in
                  enumerate(PLACES.spaces.wiring(c), 1)], (4,)).detach().norm(dim=2).max())
                  for c in map(PLACES.config, paths()))  # fmt: skip
    assert sizes[-1] > 100 * largest


def test_enas_learns_a_text_and_is_rewarded_by_its_perplexity():
    method = Enas(SPACES.space, seed=1, **{**SMALL, "epochs": 12, "batch": 20, "channels": 4, "lr": 0.5})
    steps = list(method.run(Text()))
    views = [view for _, view in steps]
    assert views[-1].val_loss < 0.8 * math.log(6) and views[-1].reward > 1.5 * views[0].reward
    for trial, view in steps:
        assert method.places.names(method.places.path(trial.config)) == view.cell
        assert abs(sum(map(sum, view.weights)) - 7) < 1e-9  # each place has one operation on every path
    look = method.batches(method.images[1])[0]
    state = method.rng.bit_generator.state
    drawn = method.draw(2, method.rng)
    method.rng.bit_generator.state, method.policy.drawn = state, []
    with torch.no_grad():
        losses = [learner.cross_entropy(method.net(look[0], single(path)), look[1]).item() for path in drawn]
    assert method.step_controller(look) == pytest.approx(np.exp(np.negative(losses)).mean(), rel=1e-6)


def test_a_stopped_search_on_a_text_goes_on_bit_for_bit(tmp_path):
    gone_on, whole = stopped_and_gone_on("enas", Text(), tmp_path, (0,), seed=3, **SMALL)
    assert gone_on == whole


@pytest.mark.parametrize("name", ["spos", "fairnas"])
def test_others_that_run_paths_search_it_too(name):
    steps = history(nasbook.steps(name, Text(), epochs=1, rounds=1, population=3, looks=1, channels=2, device="cpu"))
    assert all(SPACES.space.validate(config) for config, _, _ in steps) and len(steps) == 2


def test_the_real_text_with_all_nodes():
    method = Enas(SPACES.space, **{**SMALL, "epochs": 1})
    ((trial, view),) = method.run(nasbook.task("characters", output="all nodes"))
    assert method.net.spaces.output == "all nodes" and method.net.spaces.classes == 34
    assert trial.status == "done" and view.val_loss < 1.1 * math.log(34)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: nasbook.search("darts", "characters"), "darts runs .* 'enas', 'spos' and 'fairnas'"),
        (lambda: nasbook.search("gdas", "characters"), "gdas runs several operations of a place at once"),
        (lambda: list(Enas(cell_space()).run(Text())), "trains a supernet on images, and text has none; use 'digits-c"),
        (lambda: list(Enas(SPACES.space).run(nasbook.task("digits-cells"))), "on a text, and digits-cells has none"),
        (lambda: list(Enas(SPACES.space, batch=200).run(Text())), "text has 100 pieces of text in 'train'"),
        (lambda: Enas(SPACES.space, tanh_constant=-1), "tanh_constant must be at least 0"),
        (lambda: Enas(SPACES.space, temperature=0), "temperature must be above 0"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as error:
        call()
    assert "\n" not in str(error.value)
