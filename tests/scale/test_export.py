"""From a trace to a study: what is carried over, what is scaled, what it would cost, and what cannot be exported."""

# ruff: noqa: E501 (tables and one-line scripts)

import subprocess
import sys

import pytest
from scale.exported import a_trace

import nasbook
from nasbook.scale import StudyError, estimate, export, load_study, run
from nasbook.trace import Trace

# ---- the study -------------------------------------------------------------------------------------------


def test_an_exported_study_is_the_notebooks_search(tmp_path):
    trace = nasbook.search("grid", "branin", trials=9, seed=2, resolution=3)
    path = trace.export(tmp_path / "study.yaml", best=4)
    study = load_study(path)
    assert study.search_space == trace.space
    assert (study.method.name, study.method.settings["resolution"]) == ("grid", 3)
    assert (study.task.name, study.seeds.search, study.budget.trials) == ("branin", 2, 9)
    best = sorted(trace.trials, key=lambda t: t.value)[:4]
    assert study.first == [t.config for t in best]
    assert study.provenance.trace == trace.digest and study.provenance.best == trace.best.value


def test_the_best_of_the_notebook_are_tried_first_and_found_again(tmp_path):
    trace = nasbook.search("random", "branin", trials=12, seed=2)
    again = run(trace.export(tmp_path / "study.yaml", trials=5), tmp_path / "out")
    values = sorted(t.value for t in trace.trials)
    assert [t.value for t in again.trials] == values[:5]  # best first, and the same function
    assert all(t.info == {"by": "user"} for t in again.trials)


def test_settings_seed_and_notes_can_be_chosen(tmp_path):
    trace = nasbook.search("grid", "branin", trials=2, resolution=3)
    path = trace.export(
        tmp_path / "s.yaml", settings={"resolution": 7}, seed=9, training_seed=4, name="mine", notes="why\nnot"
    )
    study = load_study(path)
    assert study.method.settings["resolution"] == 7
    assert (study.seeds.search, study.seeds.training, study.name, study.notes) == (9, 4, "mine", "why\nnot")


def test_an_existing_study_is_kept(tmp_path):
    trace = a_trace()
    path = trace.export(tmp_path / "s.yaml")
    before = path.read_text()
    with pytest.raises(StudyError, match="s.yaml: the file exists; overwrite=True"):
        trace.export(path, trials=99)
    assert path.read_text() == before
    trace.export(path, trials=99, overwrite=True)
    assert load_study(path).budget.trials == 99


def test_a_csv_table_is_found_again(tmp_path):
    (tmp_path / "r.csv").write_text(
        "a,b,value,seconds\n" + "".join(f"{a},{b},{a * b},5\n" for a in range(4) for b in (1, 2, 3))
    )
    table = nasbook.Table.from_csv(tmp_path / "r.csv", cost="seconds")
    trace = nasbook.search("random", table, trials=5, seed=1)
    path = trace.export(tmp_path / "s.yaml", trials=12, workers=3)
    again = run(path, tmp_path / "out")
    assert len(again) == 12 and again.best.value == 0
    assert again.times[-1] == 4 * 5.0  # twelve trials of five seconds on three workers


def test_darts_is_exported_and_runs_and_resumes(tmp_path):
    task = nasbook.task("digits-cells", train=96)
    trace = nasbook.search("darts", task, trials=1, epochs=2)
    path = trace.export(tmp_path / "s.yaml", epochs=3)
    study = load_study(path)
    assert study.method.settings["epochs"] == 3 and study.budget.trials == 3 and study.first == []
    wide = trace.export(tmp_path / "w.yaml", settings={"epochs": 50, "order": 2})
    assert load_study(wide).budget.trials == 50  # the whole training, not the notebook's two epochs
    assert "how the cost changes with order" in wide.read_text()
    whole = run(path, tmp_path / "whole")
    assert len(whole) == 3

    path.write_text(path.read_text().replace("trials: 3", "trials: 2"))
    run(path, tmp_path / "parts")
    path.write_text(path.read_text().replace("trials: 2", "trials: 3"))
    parts = run(path, tmp_path / "parts", resume=True)
    assert parts.digest == whole.digest
    loaded = Trace.load(tmp_path / "parts" / "trace.jsonl")
    views = [s.view for s in nasbook.replay(loaded)]
    assert [v.epoch for v in views] == [1, 2, 3]  # a training's views are in its trace


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            {"wdth": 3},
            r"the task digits-mlp has no argument 'wdth' \(its arguments are .*, data, objectives, size, base_width\), and",
        ),
        ({"width": (5, 2)}, "width: Int: low must be below high"),
        ({"width": (1, 2, 3)}, r"width is a range: give \(low, high\), not \(1, 2, 3\)"),
        ({"train": 10**6}, "this cannot be exported: train=1000000, but of 1797 images"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"trials": 0}, "the target, budget.trials: must be at least 1, not 0"),
        ({"gpus": -1}, "the target, resources.gpus: must be at least 0, not -1"),
        ({"workers": 2.5}, "the target, workers: must be a whole number, not 2.5"),
        ({"best": -1}, "best must be a whole number of at least 0, not -1"),
        ({"settings": {"a": 1}}, "this cannot be exported: a: random has no such setting"),
        ({"watts": 0}, "watts must be a positive number, not 0"),
        ({"task": "digits-mpl"}, "there is no task 'digits-mpl'; did you mean 'digits-mlp'"),
        ({"task": "branin"}, "the task branin has no such parameter"),
        ({"data": "no_such_file.npz"}, "no_such_file.npz: an .npz file with arrays x and y is needed"),
    ],
)
def test_a_target_that_cannot_be_served_is_refused_in_a_sentence(tmp_path, target, says):
    with pytest.raises(ValueError, match=says) as caught:
        export(a_trace(), tmp_path / "s.yaml", **target)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "s.yaml").exists()


def test_a_task_without_epochs_says_so(tmp_path):
    trace = nasbook.search("random", "branin", trials=2)
    with pytest.raises(ValueError, match="the task branin has no epochs to scale"):
        trace.export(tmp_path / "s.yaml", epochs=10)


def test_the_estimate_stands_on_top_of_the_study(tmp_path):
    trace = a_trace()
    text = export(trace, tmp_path / "s.yaml", trials=200, epochs=50).read_text()
    for line in str(estimate(trace, trials=200, epochs=50)).splitlines():
        assert f"# {line}\n" in text


def test_the_scale_room_needs_no_picture_and_no_widget():
    code = "import sys, nasbook.scale; print([m for m in ('matplotlib', 'ipywidgets', 'torch', 'nasbook.plots') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
