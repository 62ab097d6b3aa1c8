"""The DARTS lab: it trains for real, and what it says of the derived cell is what the table says."""

import re

import numpy as np
import pytest
from waiting import until

import nasbook
from nasbook.widgets.labs.darts import START, DartsLab, random_cells


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def small(**values):
    return DartsLab(**{"epochs": 3, "channels": 2, **values})


@pytest.fixture(scope="module")
def trained():
    lab = small(alpha_lr=0.1)
    lab.start = bytes(lab.image.png)
    lab._play.click()
    lab.wait()
    return lab


def test_the_lab_trains_as_the_search_does(trained):
    peer = nasbook.search("darts", "digits-cells", epochs=3, channels=2, alpha_lr=trained.values["alpha_lr"])
    assert trained.trace.digest == peer.digest
    assert [s.view.weights for s in trained.steps] == [s.view.weights for s in peer.steps]
    assert "Done: 3 epochs" in words(trained._status)


def test_the_sentence_says_the_numbers_of_the_epoch_and_of_the_table(trained):
    table = nasbook.task("digits201-digits")
    for n in (1, 2, 3):
        view = trained.steps[n - 1].view
        text = trained.sentence(n)
        assert f"gets {100 * view.val_accuracy:.1f} % of the validation images" in text
        test = table.test[table.row(view.cell), :, -1]  # three seeds
        assert f"trained alone it gets {100 * test.mean():.1f} % of the test images" in text
        better = (table.test[..., -1].mean(1) > test.mean()).sum()
        assert f"rank {better + 1:,} of {len(table.test):,}" in text
        for op in set(view.cell):
            assert f"{view.cell.count(op)} {op}" in text
    assert words(trained._sentence) == trained.sentence(3)


def test_the_picture_draws_the_weights_the_cell_and_its_true_accuracy(trained):
    trained.scrub(3)
    views = [s.view for s in trained.steps]
    np.testing.assert_allclose(trained.weights.weights, [v.weights for v in views])
    np.testing.assert_allclose(trained.training.own.get_ydata(), [100 * v.val_accuracy for v in views])
    table = nasbook.task("digits201-digits")
    np.testing.assert_allclose(trained.training.true.get_ydata(), [100 * table.test_accuracy(v.cell) for v in views])
    free = [v.cell.count("skip") + v.cell.count("avgpool") for v in views]
    assert list(trained.training.free.get_ydata()) == free
    assert tuple(trained.derived.ops) == views[-1].cell
    assert "derived cell" in trained.image.alt and f"{100 * views[-1].val_accuracy:.1f} %" in trained.image.alt


def test_scrubbing_shows_earlier_epochs_and_the_beginning(trained):
    trained.scrub(3)
    last, size = bytes(trained.image.png), (trained.image.width, trained.image.height)
    trained._scrub.value = 1
    first = bytes(trained.image.png)
    assert first != last and words(trained._sentence) == trained.sentence(1)
    trained._scrub.value = 0
    assert bytes(trained.image.png) not in (first, last)
    assert "share every edge equally" in words(trained._sentence)
    assert np.allclose(START.weights, 0.2) and (trained.image.width, trained.image.height) == size


def test_the_grey_band_holds_half_of_all_cells():
    table = nasbook.task("digits201-digits")
    accuracy = np.array([table.test_accuracy(f"{i:06d}") for i in _keys()])
    low, median, high = random_cells("digits")
    assert low < median < high
    assert abs(((accuracy >= low) & (accuracy <= high)).mean() - 0.5) < 0.05


def _keys():
    rng = np.random.default_rng(0)
    return [int("".join(map(str, cell))) for cell in rng.integers(5, size=(3000, 6))]


def test_the_controls_answer_while_an_epoch_trains_and_pause_acts_at_its_end():
    lab = small(epochs=40, channels=8)
    lab._play.click()
    until(lambda: lab.steps)
    lab._pause.click()  # returns at once: it does not wait for the epoch
    lab.wait()
    assert lab.runner.state == "paused" and 1 <= len(lab.steps) < 40
    assert "Paused" in words(lab._status)
    n = len(lab.steps)
    lab._step.click()
    lab.wait()
    assert len(lab.steps) == n + 1
    lab._reset.click()
    assert lab.steps == [] and "40 epochs to make" in words(lab._status)


@pytest.mark.parametrize("change", [{"order": 2}, {"epochs": 5}, {"alpha_lr": 0.2}, {"seed": 1}, {"data": "textures"}])
def test_a_change_of_the_search_starts_it_again_and_says_so(change):
    lab = small()
    lab.step()
    size = lab.image.width, lab.image.height
    lab.set(**change)
    assert lab.steps == [] and "starts again" in words(lab._status)
    assert (lab.image.width, lab.image.height) == size
    (name, value) = next(iter(change.items()))
    if name in ("order", "epochs"):
        assert getattr(lab.method.settings, name) == value
    elif name == "alpha_lr":
        assert lab.method.settings.alpha_lr == pytest.approx(value)
    elif name == "seed":
        assert lab.method.seed == value
    else:
        assert lab.task.images == lab.table.dataset == value
    assert lab.total == lab.method.settings.epochs


def test_second_order_runs():
    lab = small(order=2, epochs=2)
    first = small(order=1, epochs=2)
    lab.step()
    first.step()
    assert lab.steps[0].view.weights != first.steps[0].view.weights


def test_a_diverged_training_is_said():
    lab = small(epochs=2)
    lab.method = nasbook.method("darts", lab.task.space, epochs=2, channels=2, lr=1e30, clip=1e30)
    lab.step()
    assert lab.steps[0].trial.status == "failed"
    assert "diverged" in words(lab._sentence)


def test_an_error_in_the_training_is_shown(monkeypatch):
    lab = small(epochs=2)

    def broken():
        raise OSError("no images")

    monkeypatch.setattr(lab.task, "data", broken)
    lab._play.click()
    with pytest.raises(OSError, match="no images"):
        lab.wait()
    assert "no images" in words(lab._sentence) and lab.runner.state == "failed"


def test_save_keeps_the_views(trained, tmp_path):
    trace = nasbook.Trace.load(trained.files.save_trace(tmp_path / "darts.jsonl"))
    assert [s.view.weights for s in nasbook.replay(trace)] == [s.view.weights for s in trained.steps]
    assert "3 epochs" in words(trained.files.said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 3}, "order must be one of 1, 2"),
        ({"epochs": 1}, "must lie in [2, 60]"),
        ({"alpha": 1}, "no setting 'alpha'"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        DartsLab(**arguments)
