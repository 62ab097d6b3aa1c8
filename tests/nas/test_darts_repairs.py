"""The repairs of DARTS: the eigenvalue of the Hessian, and when a search stops and what it then keeps."""

import numpy as np
import pytest
import torch
from nas.mixture_cases import SHORT
from nas.pictures import Pictures, history

import nasbook
from nasbook.kit.start import init_weights
from nasbook.nas.darts import Darts
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import SuperNet


def begun(seed=1, **settings):
    method = Darts(cell_space(), seed=seed, **{**SHORT, **settings})
    train, val = method.start(Pictures())
    method.alpha, method.alpha_optimiser = method.begin()
    return method, train, val


@pytest.fixture(scope="module")
def hessian():
    """A supernet in float64, with α away from its start: the method, a batch, ∇²_α L (30, 30)."""
    method, _, (x, y) = begun()
    method.net = SuperNet(4, 3)
    init_weights(method.net, np.random.default_rng(1))
    method.net.double().train()
    method.w = list(method.net.parameters())
    alpha = torch.randn(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    method.alpha = alpha.requires_grad_()
    batch = (x[:50].double(), y[:50])
    full = torch.autograd.functional.hessian(lambda a: method.loss(method.w, a, batch), method.alpha)
    return method, batch, full.reshape(30, 30).numpy()


def test_the_hessian_has_a_zero_for_each_softmax(hessian):
    _, _, H = hessian
    assert abs(H - H.T).max() < 1e-12
    for edge in range(6):
        row = np.zeros((6, 5))
        row[edge] = 1  # a constant that is added to all α of an edge changes nothing
        assert abs(H @ row.ravel()).max() < 1e-12
    values = np.sort(abs(np.linalg.eigvalsh(H)))
    assert values[5] < 1e-12 and values[6] > 1e-7  # six, and no more


def test_the_eigenvalue_is_that_of_the_dense_hessian(hessian):
    method, batch, H = hessian
    before = {k: v.clone() for k, v in method.net.state_dict().items()}
    values = np.linalg.eigvalsh(H)
    assert method.eigenvalue(batch) == pytest.approx(values[-1], rel=1e-8)
    assert values[-1] > 0 > values[0]
    assert all(torch.equal(v, before[k]) for k, v in method.net.state_dict().items())


def stopping(eigenvalues, cells, **settings):
    """What `chosen` says after each epoch of such a search, up to a stop."""
    method, _, val = begun(**settings)
    waiting, found = iter(eigenvalues), []
    method.eigenvalue = lambda batch: next(waiting)
    waiting_cells = iter(cells)
    method.derive = lambda alpha: next(waiting_cells)
    for _ in cells:
        found.append(method.chosen(val))
        if method.stopped:
            break
    return found


CELLS = [(3, 3, 3, 3, 3, k % 5) for k in range(12)]


def test_a_growing_eigenvalue_stops_and_the_cell_of_four_epochs_ago_is_kept():
    flat = [1.0] * 12
    assert stopping(flat, CELLS, stop_eigenvalue=1.3) == CELLS
    rising = [1.0] * 7 + [3.0] * 5  # epoch 8: (4 · 1 + 3) / 5 = 1.4
    assert stopping(rising, CELLS, stop_eigenvalue=1.3) == [*CELLS[:7], CELLS[3]]
    assert stopping(rising, CELLS, stop_eigenvalue=1.5) == [*CELLS[:8], CELLS[4]]  # epoch 9: 1.8
    assert stopping(rising, CELLS, stop_eigenvalue=1.3, stop_from=6) == [*CELLS[:9], CELLS[5]]
    early = [1.0, 1.0, 1.0, 9.0, 9.0, *[9.0] * 7]  # grows at once: epoch 4 is the first that may be kept
    assert stopping(early, CELLS, stop_eigenvalue=1.3) == [*CELLS[:7], CELLS[3]]
    assert stopping(rising, CELLS) == CELLS  # never, unless asked


def test_too_many_places_without_weights_stop_and_the_cell_before_is_kept():
    cells = [(3, 3, 3, 3, 3, 2)] * 5 + [(3, 3, 4, 1, 3, 3), (4, 4, 1, 3, 3, 3), (1,) * 6]
    assert stopping([], cells, stop_free=3) == [*cells[:6], cells[5]]
    assert stopping([], cells, stop_free=2) == [*cells[:5], cells[4]]
    assert stopping([], cells, stop_free=6) == [*cells[:7], cells[6]]
    assert stopping([], cells) == cells
    assert stopping([], cells[5:], stop_free=2, stop_from=4) == cells[5:]  # not in the first epochs


def test_a_stopped_search_has_ended_and_stays_so(tmp_path):
    options = {**SHORT, "epochs": 12, "channels": 1, "seed": 2, "stop_eigenvalue": 0.01, "stop_from": 1}
    whole = list(nasbook.steps("darts", Pictures(), **options))
    assert len(whole) == 5 and whole[-1].trial.config == whole[0].trial.config
    assert all(s.view.eigenvalue > 0 for s in whole) and whole[-1].trial.status == "done"
    file = tmp_path / "trace.jsonl"
    going = nasbook.steps("darts", Pictures(), out=file, resume=True, **options)
    while next(going).index != 3:
        pass
    going.close()
    list(nasbook.steps("darts", Pictures(), out=file, resume=True, **options))
    assert history(nasbook.replay(nasbook.Trace.load(file))) == history(whole)
    list(nasbook.steps("darts", Pictures(), out=file, resume=True, **options))
    assert len(nasbook.Trace.load(file).trials) == 5


def test_looking_at_the_eigenvalue_does_not_change_the_weights_before_it_stops():
    plain = list(nasbook.steps("darts", Pictures(), seed=4, **{**SHORT, "epochs": 1}))
    looked = list(nasbook.steps("darts", Pictures(), seed=4, stop_eigenvalue=1e9, **{**SHORT, "epochs": 1}))
    assert plain[0].view.weights == looked[0].view.weights and plain[0].view.eigenvalue is None


def test_a_diverged_search_has_no_eigenvalue():
    options = {"lr": 1e30, "clip": 1e30, "lr_min": 0.0, "stop_eigenvalue": 1.3}
    *_, last = nasbook.steps("darts", Pictures(), **SHORT, **options)
    assert last.trial.status == "failed" and last.view.eigenvalue is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"stop_free": -1}, "stop_free must be a whole number of at least 0"),
        ({"stop_eigenvalue": -1}, "stop_eigenvalue must be at least 0"),
        ({"stop_from": 0}, "stop_from must be a whole number of at least 1"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says):
        Darts(cell_space(), **settings)
