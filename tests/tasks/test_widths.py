import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nasbook.tasks import images, widths
from nasbook.tasks.mup import parametrise
from nasbook.tasks.widths import TRAIN, VALIDATION, losses, network, orders


def alone(width, rate, seed, parametrisation, optimizer, steps, base=8):
    """The same training of one network, as a textbook writes it."""
    splits = images.digits(TRAIN, VALIDATION, 0)
    middle = splits["train"][0].mean(0)
    data = {k: (torch.tensor(x - middle).double().flatten(1), torch.tensor(y)) for k, (x, y) in splits.items()}
    net = network(width, seed).double()
    groups = [{"params": list(net.parameters()), "lr": rate}]
    if parametrisation == "mup":
        groups = parametrise(net, network(base, 0), rate, optimizer)
    descent = torch.optim.Adam(groups) if optimizer == "adam" else torch.optim.SGD(groups, lr=rate, momentum=0.9)
    x, y = data["train"]
    for rows in orders(seed, steps, 32):
        descent.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        descent.step()
    with torch.no_grad():
        return [F.cross_entropy(net(a), b).item() for a, b in (data["train"], data["val"])]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("parametrisation", ["standard", "mup"])
def test_networks_learn_side_by_side_what_they_learn_alone(parametrisation, optimizer):
    rates, seeds = [2.0**-7, 2.0**-5], (0, 3)
    options = {"parametrisation": parametrisation, "optimizer": optimizer, "steps": 45}  # more than one epoch
    found = losses(24, rates, seeds, base=8, double=True, **options)
    true = [[alone(24, rate, seed, **options) for seed in seeds] for rate in rates]
    np.testing.assert_allclose(np.moveaxis(found, 0, -1), true, rtol=1e-9)
    assert np.ptp(found[0]) > 1e-3  # neither rate nor seed is lost


def test_at_the_base_width_the_two_are_the_same_network_bit_for_bit():
    given = 16, [0.01, 0.1], (1, 2)
    plain, mup = (losses(*given, parametrisation=p, base=16, steps=5) for p in ("standard", "mup"))
    np.testing.assert_array_equal(plain, mup)
    other = losses(*given, parametrisation="mup", base=4, steps=5)
    assert not np.array_equal(plain, other)


def test_a_training_that_diverges_is_infinite_and_leaves_its_neighbours_alone():
    train, validation = losses(16, [0.05, 1e30], (0, 1), optimizer="sgd", steps=10)
    assert np.isinf(train[1]).all() and np.isinf(validation[1]).all()
    np.testing.assert_allclose(train[:1], losses(16, [0.05], (0, 1), optimizer="sgd", steps=10)[0], rtol=1e-5)


def test_what_was_trained_is_not_trained_again_and_cannot_be_spoilt(monkeypatch):
    first, _ = losses(16, [0.01], [7], steps=2)
    first[:] = -1
    monkeypatch.setattr(widths, "Pack", None)
    again, _ = losses(16, np.array([0.01]), range(7, 8), steps=2)
    assert (again > 0).all()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"parametrisation": "muP"}, "standard, mup, not 'muP'"),
        ({"optimizer": "adamw"}, "adam, sgd, not 'adamw'"),
        ({"width": 0}, "width must be a whole number from 1 on, not 0"),
        ({"steps": 2.5}, "steps must be a whole number from 1 on, not 2.5"),
        ({"batch": 5000}, "at most 1,200"),
        ({"rates": []}, "at least one each"),
        ({"rates": [0.1, -1.0]}, "positive numbers"),
        ({"rates": [float("nan")]}, "positive numbers"),
        ({"seeds": []}, "at least one each"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(wrong, words):
    given = {"width": 8, "rates": [0.1], "seeds": [0], "steps": 1} | wrong
    with pytest.raises(ValueError, match=words):
        losses(**given)
