"""FBNet: its loss with a latency in it, its warm-up, and stopping and going on."""

import numpy as np
import pytest
import torch
from nas.pictures import Pictures, stopped_and_gone_on

import nasbook
from nasbook.nas.fbnet import FBNet
from nasbook.nas.spaces.gates import mixed
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.testing import check_method

SHORT = {"epochs": 4, "channels": 2, "batch": 50, "warm_up": 2, "device": "cpu"}


def begun(**settings):
    method = FBNet(cell_space(), **{**SHORT, **settings})
    _, val = method.start(Pictures())
    method.net.train()
    return method, method.batches(val)[0]


@pytest.mark.parametrize("power", [0.0, 0.6, 2.0])
def test_the_loss(power):
    """CE · c (log LAT)^β, whose relative slope in log LAT is β / log LAT: a power of the latency's logarithm, not the
    logarithm of its power, for which the slope does not depend on β."""
    method, _ = begun(power=power)
    z = torch.softmax(torch.randn(6, 5, dtype=torch.float64), 1)
    lat = 69.8 + float((z * torch.tensor([0.0, 6.9, 41.0, 49.7, 15.8])).sum())
    assert float(method.priced(torch.tensor(1.7), z)) == pytest.approx(1.7 * 0.2 * np.log(lat) ** power)
    size = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    method.latency = lambda p: lat * torch.exp(size)
    loss = method.priced(torch.tensor(1.7, dtype=torch.float64), z)
    slope = torch.autograd.grad(loss, size, allow_unused=True)[0] / loss
    assert slope.item() == pytest.approx(power / np.log(lat), abs=1e-12)


def test_the_scale_of_the_loss_does_not_matter_to_adam_but_its_power_does():
    ends = {}
    for name, settings in {"": {}, "scale": {"scale": 2.0}, "power": {"power": 4.0}}.items():
        method, batch = begun(alpha_weight_decay=0.0, seed=1, **settings)
        for _ in range(5):
            z = method.sample()
            method.step_alpha(method.priced(method.look(method.w, mixed(z), batch), z))
        ends[name] = method.alpha.detach()
    torch.testing.assert_close(ends["scale"], ends[""], atol=1e-4, rtol=0)
    assert (ends["power"] - ends[""]).abs().max() > 1e-2


def test_warm_up_stage_temperature_and_expected_latency(tmp_path):
    steps = list(nasbook.steps("fbnet", Pictures(), seed=1, out=tmp_path / "t.jsonl", **SHORT))
    views = [s.view for s in steps]
    assert [v.stage for v in views] == ["warm-up", "warm-up", "search", "search"]
    assert views[0].weights == views[1].weights != views[2].weights != views[3].weights
    assert 0.5 < views[0].train_loss < 2  # the mean of two batches; ln 3 is chance
    taus = [v.temperature for v in views]
    assert taus[0] == 5.0 and taus[-1] == pytest.approx(0.09) and np.ptp(np.divide(taus[1:], taus[:-1])) < 1e-9
    for view in views:
        p = np.array(view.weights)
        assert view.expected_cost == pytest.approx(69.8 + (p @ [0.0, 6.9, 41.0, 49.7, 15.8]).sum(), rel=1e-5)
    assert [s.view for s in nasbook.replay(nasbook.Trace.load(tmp_path / "t.jsonl"))] == views


def test_the_reference_cools_as_the_papers_schedule_does():
    """From 5 by exp(−0.045) an epoch, 90 epochs."""
    method = FBNet(cell_space(), epochs=90, tau_min=5 * np.exp(-0.045 * 89))
    assert method.temperature(30) == pytest.approx(5 * np.exp(-0.045 * 30))
    assert FBNet(cell_space()).settings.tau_min == pytest.approx(5 * np.exp(-0.045 * 89), abs=0.01)


def test_a_higher_price_finds_faster_cells():
    found = []
    for power in (0.0, 12.0):
        *_, last = nasbook.steps("fbnet", "digits-cells", seed=0, epochs=6, channels=2, warm_up=1, power=power)
        found.append(last.view.expected_cost)
    assert found[1] < found[0] - 5


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    stops = (1, 2)  # in the warm-up, and in the search
    gone_on, whole = stopped_and_gone_on("fbnet", Pictures(), tmp_path, stops, seed=3, **SHORT)
    assert gone_on == whole


def test_it_keeps_what_a_search_relies_on():
    check_method("fbnet", task=Pictures(), settings={**SHORT, "latencies": (70, 0, 7, 41, 50, 16)})


def test_divergence_ends_the_search_and_is_told():
    steps = list(nasbook.steps("fbnet", Pictures(), lr=1e30, clip=1e30, lr_min=0.0, **{**SHORT, "epochs": 6}))
    assert len(steps) < 6 and steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason


def test_a_search_of_one_or_two_epochs_has_its_temperatures():
    assert FBNet(cell_space(), epochs=1).temperature(0) == 5
    assert [FBNet(cell_space(), epochs=2).temperature(k) for k in (0, 1)] == pytest.approx([5, 0.09])
