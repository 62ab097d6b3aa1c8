"""From a trace to a study: what is carried over, what is scaled, what it would cost, and what cannot be exported."""

# ruff: noqa: E501 (tables and one-line scripts)

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbook
from nasbook.scale import StudyError, estimate, export, load_study, run
from nasbook.task import Task
from nasbook.trace import Header, Trace, Trial

SPACE = nasbook.Space(
    optimizer=nasbook.Choice(["sgd", "adamw"]),
    lr=nasbook.Float(1e-4, 1.0, log=True),
    momentum=nasbook.Float(0.0, 0.99, when={"optimizer": "sgd"}),
    weight_decay=nasbook.Float(1e-6, 1e-1, log=True),
    batch=nasbook.Int(16, 256, log=True),
    width=nasbook.Int(8, 128, log=True),
    depth=nasbook.Int(1, 4),
    dropout=nasbook.Float(0.0, 0.6),
    activation=nasbook.Choice(["relu", "tanh"]),
)


def a_trace(costs=(2.0, 4.0, 3.0, 100.0), task="digits-mlp", arguments=None, space=SPACE, **header) -> Trace:
    """As a search would leave it: every trial done, the value is its number, except for the last, which failed."""
    trace = Trace(Header("random", task, space, seed=3, arguments=arguments or {}, **header))
    rng = np.random.default_rng(0)
    for i, cost in enumerate(costs):
        trial = Trial(i, space.sample(rng))
        trace.started(trial)
        last = i == len(costs) - 1
        state = {"status": "failed", "reason": "lost"} if last else {"status": "done", "value": float(i)}
        trace.ended(Trial(i, trial.config, cost=cost, end=float(i), **state))
    return trace


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


@pytest.mark.parametrize("name", ["successive-halving", "hyperband", "asha", "bohb", "dehb", "priorband"])
def test_a_longer_training_has_longer_rungs(name, tmp_path, monkeypatch):
    """The range of a method's rungs was the task's in the notebook, and is the study's in the study."""
    (tmp_path / "longer.py").write_text("def learn(config, fidelity):\n    return config['x'] / fidelity\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    learn = __import__("longer").learn
    asked = dict(space=nasbook.Space(x=nasbook.Float(0, 1)), fidelity=nasbook.Fidelity("epoch", 1, 9), trials=13)
    for own, full in (({}, 27), ({"max_fidelity": 3}, 3)):
        trace = nasbook.search(name, learn, **asked, **own)
        study = load_study(trace.export(tmp_path / "study.yaml", epochs=27, trials=50, overwrite=True))
        assert study.make_method().settings.max_fidelity == full
        same = load_study(trace.export(tmp_path / "study.yaml", overwrite=True)).make_method().settings
        assert same == nasbook.method(name, trace.space, **trace.header.settings).settings
    sys.modules.pop("longer")


def test_the_cost_of_rungs_is_that_of_their_epochs():
    header = Header("hyperband", "digits-mlp", SPACE, 3, settings={"max_fidelity": 9})
    trace = Trace(header)
    for i in range(13):
        trace.ended(Trial(i, SPACE.sample(np.random.default_rng(i)), 10, status="done", value=1.0, cost=2.0))
    cost = estimate(trace, trials=13)  # 9 of one epoch, 3 that go on to three, one that goes on to nine
    assert cost.factors[-1][1] == pytest.approx((9 + 3 * 2 + 6) / 13 / 10)
    assert "× 0.1615 (hyperband: 1.62 of 10 epochs a trial)" in str(cost)
    assert cost.hours == pytest.approx(13 * 2.0 * 21 / 130 / 3600)
    assert "mWh, if a trial draws" in str(cost)  # as `nasbook cost` and the picture say it


def test_the_best_of_the_notebook_are_tried_first_and_found_again(tmp_path):
    trace = nasbook.search("random", "branin", trials=12, seed=2)
    again = run(trace.export(tmp_path / "study.yaml", trials=5), tmp_path / "out")
    values = sorted(t.value for t in trace.trials)
    assert [t.value for t in again.trials] == values[:5]  # best first, and the same function
    assert all(t.info == {"by": "user"} for t in again.trials)


def test_arguments_of_the_task_are_scaled_and_carried(tmp_path):
    trace = nasbook.search("random", nasbook.task("digits-mlp", train=100, epochs=1), trials=1, seed=1)
    study = load_study(
        trace.export(tmp_path / "s.yaml", trials=50, epochs=30, train=1000, workers=2, gpus=0.5, hours=8)
    )
    assert study.task.arguments == {"train": 1000, "epochs": 30}
    assert study.fidelity.model_dump() == {"unit": "epoch", "min": 1, "max": 30, "levels": []}
    assert (study.budget.trials, study.budget.hours, study.workers, study.resources.gpus) == (50, 8, 2, 0.5)


def test_a_parameter_gets_a_new_range_new_options_or_one_value(tmp_path):
    target = {"width": (64, 512), "activation": ["relu"], "depth": 3, "dropout": nasbook.Float(0, 0.2)}
    study = load_study(export(a_trace(), tmp_path / "s.yaml", **target))
    space = study.search_space.parameters
    assert space["width"] == nasbook.Int(64, 512, log=True)
    assert space["activation"] == nasbook.Choice(["relu"])
    assert space["depth"] == nasbook.Constant(3)
    assert space["dropout"] == nasbook.Float(0, 0.2)
    assert space["momentum"] == SPACE.parameters["momentum"]
    for config in study.first:  # what does not fit the new space is left out
        assert study.search_space.validate(config) == config


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


def test_a_population_has_as_many_trials_as_its_members_have_intervals(tmp_path):
    task = nasbook.task("digits-mlp", train=60, epochs=2)
    trace = nasbook.search("pbt", task, population=2)
    path = trace.export(tmp_path / "s.yaml", epochs=5, settings={"population": 4, "interval": 2})
    assert load_study(path).budget.trials == 4 * 3  # epochs 2, 4 and 5
    cost = estimate(trace, epochs=5, settings={"population": 4})
    assert cost.trials == 20 and cost.seconds == pytest.approx(np.median([t.cost for t in trace.trials]))
    assert not cost.unknown


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


# ---- what cannot be exported -----------------------------------------------------------------------------


def test_a_function_of_the_notebook_cannot_be_exported_and_is_told_how(tmp_path):
    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    with pytest.raises(ValueError, match='defined in a notebook.* put the function into a module.*task="objective:f"'):
        trace.export(tmp_path / "s.yaml")
    assert not (tmp_path / "s.yaml").exists()


def test_a_notebook_function_that_borrows_the_name_of_a_task_is_not_taken_for_it(tmp_path):
    space = nasbook.task("branin").space
    task = nasbook.FunctionTask(lambda config: config["x1"], space, name="branin")
    trace = nasbook.search("random", task, trials=3)
    with pytest.raises(ValueError, match="the task 'branin' was defined in a notebook"):
        trace.export(tmp_path / "s.yaml")


def test_a_function_in_a_module_is_exported_and_runs(tmp_path, study, monkeypatch):
    study("square")  # writes objective.py
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    from objective import square

    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", square, space=space, trials=6, seed=1)
    path = trace.export(tmp_path / "exported.yaml", trials=7, workers=2)
    assert load_study(path).task.name == "objective:square"
    assert len(run(path, tmp_path / "out")) == 7

    local = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    path = local.export(tmp_path / "named.yaml", task="objective:square")
    assert load_study(path).task.name == "objective:square"


def test_a_module_may_hold_a_task_or_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mytasks.py").write_text(
        "import nasbook\n"
        "space = nasbook.Space(x=nasbook.Float(0, 1))\n"
        "ready = nasbook.FunctionTask(lambda c: c['x'], space)\n"
        "def make(power=2):\n    return nasbook.FunctionTask(lambda c: c['x'] ** power, space)\n"
        "def objective(config, power):\n    return config['x'] ** power\n"
        "def wrong():\n    return 3\n"
    )
    from nasbook.scale.target import importable, make_task

    space = nasbook.Space(x=nasbook.Float(0, 1))
    with importable():
        assert make_task("mytasks:ready").evaluate({"x": 0.5}) == 0.5
        assert make_task("mytasks:make", {"power": 3}).evaluate({"x": 0.5}) == 0.125
        assert make_task("mytasks:objective", {"power": 3}, space).evaluate({"x": 0.5}) == 0.125
        for name, arguments, says in [
            ("mytasks:ready", {"a": 1}, "is a task already, so it takes no arguments"),
            ("mytasks:wrong", {}, "should make a Task, but it made 3"),
            ("mytasks:objective", {"pwer": 3}, "cannot be called with a configuration and these arguments"),
            ("mytasks:space", {}, "must be a function or a Task"),
        ]:
            with pytest.raises(ValueError, match=says):
                make_task(name, arguments, space)
        with pytest.raises(ValueError, match="a space is needed"):
            make_task("mytasks:objective", {"power": 1})
    sys.modules.pop("mytasks")


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


# ---- the estimate ----------------------------------------------------------------------------------------


def test_the_arithmetic_of_an_estimate():
    cost = estimate(a_trace(), trials=200, epochs=50, train=1000, workers=4, gpus=0.5)
    assert cost.measured == 3.0 and cost.n == 3  # median of 2, 4, 3; the failed trial does not count
    assert cost.factors == (("epochs 10 → 50", 5.0),)
    assert cost.seconds == 15.0
    assert cost.trial_hours == pytest.approx(200 * 15 / 3600)
    assert cost.hours == pytest.approx(50 * 15 / 3600)  # 200 trials on 4 workers: 50 rounds
    assert cost.gpu_hours == pytest.approx(200 * 15 / 3600 * 0.5)
    assert cost.kwh == pytest.approx(200 * 15 / 3600 * 0.150)  # half of a GPU of 300 W
    text = str(cost)
    assert "200 trials × 15 s = 50 minutes" in text
    assert "0.417 hours (0.5 a trial)" in text and "if a trial draws 150 W; cooling is not counted" in text
    assert "how much faster a trial is on a GPU" in text


def test_more_data_costs_in_proportion_and_watts_and_speed_can_be_known():
    trace = a_trace(arguments={"train": 500})
    cost = estimate(trace, trials=10, train=1000, cpus=2, watts=50, speedup=4)
    assert cost.factors == (("training examples 500 → 1000", 2.0), ("a machine 4 times as fast", 0.25))
    assert cost.seconds == 1.5 and cost.kwh == pytest.approx(10 * 1.5 / 3.6e6 * 50)
    assert estimate(trace, trials=10, cpus=2).watts == 20  # 10 W a core


def test_trials_at_low_fidelity_count_as_if_they_were_full():
    trace = Trace(Header("random", "digits-mlp", SPACE, arguments={"epochs": 8}))
    for i, (fidelity, cost) in enumerate([(2, 1.0), (4, 2.0), (None, 4.0)]):
        trial = Trial(i, SPACE.sample(np.random.default_rng(i)), fidelity=fidelity)
        trace.started(trial)
        trace.ended(Trial(i, trial.config, fidelity=fidelity, status="done", value=0.5, cost=cost, end=1.0))
    assert estimate(trace, trials=5).measured == 4.0


def test_what_is_not_known_is_said_and_not_invented():
    cost = estimate(a_trace(), trials=10, width=(64, 512))
    assert cost.unknown == ("how the cost changes with width",)
    nothing = estimate(a_trace(costs=(3.0,)), trials=10)  # its only trial failed
    assert (nothing.seconds, nothing.hours, nothing.gpu_hours, nothing.kwh) == (None, None, None, None)
    assert "Cost: not known" in str(nothing) and "because none has finished in the trace" in str(nothing)
    other = estimate(a_trace(), task="digits-mlp", trials=10)
    assert other.seconds is None and "how long a trial of digits-mlp takes" in str(other)


def test_a_table_tells_the_cost_on_record():
    trace = nasbook.search("random", "nb201-cifar10", trials=11, seed=1)
    cost = estimate(trace, trials=100)
    assert cost.measured == np.median([t.cost for t in trace.trials])
    assert cost.kwh is None  # nobody recorded what that machine drew
    assert "in the table" in str(cost) and "looks its answers up" in str(cost)


def test_with_hours_alone_the_trials_that_fit_are_estimated(tmp_path):
    cost = estimate(a_trace(), hours=1, workers=2)
    assert cost.trials == 2 * 1200  # 3 s each
    assert load_study(a_trace().export(tmp_path / "s.yaml", hours=1, workers=2)).budget.trials is None
    assert estimate(a_trace(), hours=1, trials=7).trials == 7


def test_the_estimate_stands_on_top_of_the_study(tmp_path):
    trace = a_trace()
    text = export(trace, tmp_path / "s.yaml", trials=200, epochs=50).read_text()
    for line in str(estimate(trace, trials=200, epochs=50)).splitlines():
        assert f"# {line}\n" in text


@given(
    st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=8),
    st.integers(1, 1000),
    st.integers(1, 64),
    st.sampled_from([0, 0.25, 1, 4]),
)
@settings(max_examples=50)
def test_no_estimate_contradicts_itself(costs, trials, workers, gpus):
    cost = estimate(a_trace((*costs, 1.0)), trials=trials, workers=workers, gpus=gpus)
    assert min(costs) <= cost.seconds <= max(costs)
    assert cost.trial_hours / workers <= cost.hours * (1 + 1e-9) and cost.hours <= cost.trial_hours * (1 + 1e-9)
    assert math.isclose(cost.gpu_hours, gpus * cost.trial_hours)
    assert str(cost)


def test_a_task_of_ones_own_with_epochs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owntask.py").write_text(
        "import nasbook\nfrom nasbook.task import Fidelity, Task\n"
        "class Own(Task):\n"
        "    name = 'own'\n    space = nasbook.Space(x=nasbook.Float(0, 1))\n"
        "    fidelity = Fidelity('step', 10, 100)\n"
        "    def evaluate(self, config, *, fidelity=None, **_):\n"
        "        return config['x'] + (1000 if fidelity is None else fidelity)\n"
    )
    from nasbook.scale.target import importable

    with importable():
        from owntask import Own

        task = Own()
        task.name = "owntask:Own"
        assert isinstance(task, Task)
        trace = nasbook.search("random", task, trials=3, seed=1)
        path = trace.export(tmp_path / "s.yaml", epochs=400, trials=2)
        assert load_study(path).fidelity.model_dump() == {"unit": "step", "min": 10, "max": 400, "levels": []}
        again = run(path, tmp_path / "out")
    assert all(t.value == t.config["x"] + 400 and t.fidelity is None for t in again.trials)
    assert again.header.provenance["fidelity"]["max"] == 400
    sys.modules.pop("owntask")


def test_the_scale_room_needs_no_picture_and_no_widget():
    code = "import sys, nasbook.scale; print([m for m in ('matplotlib', 'ipywidgets', 'torch', 'nasbook.plots') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
