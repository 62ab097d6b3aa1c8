"""The relaxations lab: several seeds take turns, each as it would search alone; what is said of them is the table's."""

import re

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.nas.spaces.nb201.cell import OPS
from nasbook.plots.labs.relaxations import weightless
from nasbook.scale import run
from nasbook.widgets.labs.relaxations import RELAXATIONS, RelaxationsLab


def small(**values):
    return RelaxationsLab(**{"seeds": 2, "epochs": 3, "channels": 4, **values})


@pytest.fixture(scope="module")
def two():
    lab = small(method="snas", seed=5, cooling="1 → 0.03")
    lab.run()
    return lab


def test_seeds_take_turns_and_each_searches_as_it_would_alone(two):
    assert [(e.run, e.view.epoch) for e in two.steps] == [(k, n) for n in (1, 2, 3) for k in (0, 1)]
    for k, trace in enumerate(two.traces):
        peer = nasbook.search("snas", "digits-cells", seed=5 + k, epochs=3, channels=4, tau=1.0, tau_min=0.03)
        assert trace.digest == peer.digest
        assert [v.weights for v in two.ended(k)] == [s.view.weights for s in peer.steps]


def test_what_is_said_is_what_the_views_and_the_table_say(two):
    table = nasbook.task("digits201-digits")
    for n, (k, _, view) in enumerate(two.steps, 1):
        told = two.sentence(n)
        assert f"Seed {5 + k}, epoch {view.epoch} at temperature " in told
        assert f"gets {100 * table.test_accuracy(view.cell):.1f} % of the test images" in told
        assert f"rank {table.rank(view.cell):,} of 5,044" in told
        for op in set(view.cell):
            assert f"{view.cell.count(op)} {op}" in told
    ends = [two.ended(k)[-1].cell for k in (0, 1)]
    ranks = sorted(table.rank(cell) for cell in ends)
    assert f"rank {ranks[0]:,}" in told and f"{ranks[1]:,}" in told
    free = np.mean([sum(op in ("skip", "avgpool", "none") for op in cell) for cell in ends])
    assert f"{free:.2g} of 6 edges without weights" in told


def test_the_picture_draws_every_seed_and_the_weights_of_one(two):
    table = nasbook.task("digits201-digits")
    two.set(shown=2)
    for k in (0, 1):
        views = two.ended(k)
        true, net, free, extra = (line.get_ydata() for line in two.runs.lines[k])
        np.testing.assert_allclose(true, [100 * table.test_accuracy(v.cell) for v in views])
        np.testing.assert_allclose(net, [100 * v.val_accuracy for v in views])
        np.testing.assert_allclose(free, [weightless(v) for v in views], atol=0.2)
        np.testing.assert_allclose(extra, [v.temperature for v in views])
        assert two.runs.ranks[k].get_ydata()[0] == table.rank(views[-1].cell)
        assert f"seed {5 + k} after epoch 3" in two.image.alt
    np.testing.assert_allclose(two.weights.weights, [v.weights for v in two.ended(1)])
    assert two.trace is two.traces[1] and two.keeps() == "3 epochs of seed 6"
    assert_legible(two.live.picture.fig)
    two.scrub(3)
    assert [len(line[0].get_ydata()) for line in two.runs.lines] == [2, 1, 0, 0, 0]
    two.set(shown=5)  # there are two: the last
    assert two.trace is two.traces[1]


def test_save_load_picture_export_and_run(two, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    two.set(shown=2)
    trace = nasbook.Trace.load(two.files.save_trace(tmp_path / "snas.jsonl"))
    assert trace.digest == two.traces[1].digest and trace.header.seed == 6
    assert "temperature" in trace.plot("progress").alt and trace.plot("weights").alt
    study = trace.export("study.yaml", settings={"epochs": 2})
    done = run(study, tmp_path / "run")
    assert done.header.method == "snas" and len(done) == 2 and done.header.settings["tau_min"] == 0.03


def test_before_the_drawn_search_has_begun_the_first_one_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = small(shown=2)
    for seed, kept in ((0, 1), (1, 1)):
        lab.step()
        assert lab.keeps() == f"{kept} epoch of seed {seed}" and len(lab.trace) == kept
        assert nasbook.Trace.load(lab.files.save_trace()).header.seed == seed
        lab.files.export.click()
        assert "rror" not in lab.files.said.value and lab.files.cost.value
        lab.files.export.click()
    lab.set(shown=1)
    assert lab.keeps() == "1 epoch of seed 0"


def test_each_relaxation_has_its_own_controls_and_passes_them_on():
    lab = small(epochs=10)
    own = {
        "darts": {"eigenvalue": 1.3, "stop_free": 5},
        "fair-darts": {"zero_one": 3.0},
        "snas": {"cooling": "stays at 10"},
        "gdas": {"cooling": "10 → 0.1"},
        "pc-darts": {"partial": 4, "warmup": True},
        "p-darts": {"warmup": True},
    }
    assert set(own) == set(RELAXATIONS)
    every = {name for names in own.values() for name in names}
    for method, values in own.items():
        lab.set(method=method)
        assert {name for name in every if not lab.controls[name].disabled} == set(values)
        lab.set(**values)
        s = lab.methods[1].settings
        assert (lab.methods[1].name, lab.methods[1].seed, s.epochs) == (method, 1, 10)
    lab.set(method="darts", eigenvalue=1.3, stop_free=5)
    assert (lab.method.settings.stop_eigenvalue, lab.method.settings.stop_free) == (1.3, 5)
    lab.set(method="fair-darts")
    assert lab.method.settings.zero_one == 3
    lab.set(method="snas")
    assert (lab.method.settings.tau, lab.method.settings.tau_min) == (10, 0.1)  # the last that was chosen
    lab.set(method="pc-darts")
    assert (lab.method.settings.partial, lab.method.settings.warmup) == (4, 3)
    lab.set(warmup=False)
    assert lab.method.settings.warmup == 0
    with pytest.raises(ValueError, match="Only the samples of SNAS and GDAS have a temperature"):
        lab.set(cooling="usual")


def test_the_eigenvalue_is_shown_where_it_is_asked_for():
    lab = small(seeds=1, epochs=2, eigenvalue=1e6)
    lab.step()
    np.testing.assert_allclose(lab.runs.lines[0][3].get_ydata(), [lab.steps[0].view.eigenvalue])
    assert "largest eigenvalue" in lab.sentence(1)
    lab.set(eigenvalue=0.0)
    lab.step()
    assert lab.steps[0].view.eigenvalue is None and lab.runs.last == "skips"


def test_a_seed_that_diverges_is_said_and_the_others_go_on():
    lab = small()
    lab.methods[0] = nasbook.method("darts", lab.task.space, epochs=3, channels=4, lr=1e30, clip=1e30)
    lab.run()
    assert [e.run for e in lab.steps] == [0, 1, 1, 1] and lab.error is None
    assert "Seed 0 failed in epoch 1: diverged" in lab.sentence(1) and "The other seeds go on" in lab.sentence(1)


def test_other_seeds_and_images_give_other_axes_and_the_same_size():
    lab = small()
    size = lab.image.width, lab.image.height
    lab.set(seeds=4)
    assert [t.get_text() for t in lab.runs.rank.get_xticklabels()] == ["0", "1", "2", "3"]
    lab.set(data="messy", epochs=7)
    assert (lab.image.width, lab.image.height) == size and lab.total == 28
    assert lab.table.dataset == "messy" and lab.runs.ax.get_xlim()[1] == pytest.approx(1.03 * 7)
    assert all(set(OPS) >= set(v.cell) for v in lab.ended(0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": 6}, "seeds must lie in [1, 5]"),
        ({"method": "enas"}, "method must be one of 'darts'"),
        ({"channels": 3}, "channels must be one of 4, 8, 16"),
        ({"relaxation": "gdas"}, "no setting 'relaxation'"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        RelaxationsLab(**arguments)
