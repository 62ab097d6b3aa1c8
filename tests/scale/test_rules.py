"""The rules of scale: their figures by hand, what they say of the unknown, and how they go into an export."""

import math
import sys

import numpy as np
import pytest

import nasbook
from nasbook import scale
from nasbook.cli import main
from nasbook.scale import load_study, rules
from nasbook.space import Choice, Constant, Float, Int, Space
from nasbook.trace import Header, Trace
from nasbook.trial import Trial

SGD = {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32, "width": 16, "depth": 2}
ADAM = {**{k: v for k, v in SGD.items() if k != "momentum"}, "optimizer": "adamw", "lr": 0.01}
MORE = {"dropout": 0.2, "activation": "relu"}


def trace_of(configs, task="digits-mlp", arguments=None, space=None, told=None, method="random"):
    space = space or nasbook.registry.make("task", "digits-mlp").space
    told = {} if told is None else {"task": told}
    header = Header(method=method, task=task, space=space, seed=0, arguments=arguments or {}, provenance=told)
    trace = Trace(header)
    for n, config in enumerate(configs):
        trial = Trial(id=n, config=space.validate(config), value=0.1 + n / 100, status="done", cost=1.0)
        trace.started(Trial(id=n, config=trial.config, status="running"))
        trace.ended(trial)
    return trace


@pytest.mark.parametrize(
    "rule, optimizer, times",
    [
        (rules.batch, "sgd", {"rate": 4}),
        (rules.batch, "adam", {"rate": 2}),
        (rules.batch, "adamw", {"rate": 2, "decay": 2}),
        (rules.data, "adamw", {"decay": 1 / 4}),
        (rules.data, "sgd", {}),
        (rules.epochs, "adamw", {}),
        (rules.depth, "sgd", {"branch": 1 / 2}),
        (rules.depth, "adamw", {"branch": 1 / 2, "rate": 1 / 2}),
        (rules.width, "sgd", {}),
        (rules.resolution, "sgd", {}),
    ],
)
def test_the_factors_of_the_papers_for_four_times_the_size(rule, optimizer, times):
    assert rule(4, optimizer).times == times


@pytest.mark.parametrize("batch, data", [(4, 1), (1, 5), (4, 5), (0.25, 3)])
def test_the_average_of_adamw_lasts_as_many_epochs_as_before(batch, data):
    was = {**ADAM, "train": 1000}
    roles = {"optimizer": "optimizer", "lr": "rate", "weight_decay": "decay", "batch": "batch", "train": "data"}
    now = {c.name: c.now for c in rules.rescale(was, roles, {"batch": batch, "data": data})}

    def epochs(v):
        return 1 / (v["lr"] * v["weight_decay"]) * v["batch"] / v["train"]

    assert epochs(now) == pytest.approx(epochs(was))


def test_the_critical_batch_is_found_from_gradients_of_a_known_noise():
    rng = np.random.default_rng(0)
    gradients = np.full(10, 2.0) + 3.0 * rng.standard_normal((20_000, 10))
    assert rules.critical_batch(gradients) == pytest.approx(9 / 4, rel=0.05)  # tr(Σ) / |G|² = 10·9 / (10·4)
    assert rules.critical_batch(gradients - gradients.mean(0)) == math.inf
    with pytest.raises(ValueError, match="at least two examples"):
        rules.critical_batch([[1.0, 2.0]])


def test_an_export_at_another_size_begins_with_the_rescaled_best_and_says_by_which_rules(tmp_path):
    trace = trace_of([{**SGD, **MORE}, {**ADAM, **MORE}])
    path = trace.export(tmp_path / "study.yaml", scale={"width": 8, "batch": 4, "epochs": 10})
    study = load_study(path)
    assert study.first == [
        {**SGD, **MORE, "lr": 0.4, "batch": 128, "width": 128},
        {**ADAM, **MORE, "lr": 0.02, "weight_decay": 2e-4, "batch": 128, "width": 128},
    ]
    assert study.task.arguments == {"epochs": 100, "base_width": "1/8"} and study.fidelity.max == 100
    space = study.search_space.parameters
    assert (space["width"].low, space["width"].high) == (64, 1024) and (space["batch"].high) == 1024
    assert space["lr"] == trace.space.parameters["lr"]
    assert study.scale.by == {"width": 8, "batch": 4, "epochs": 10}
    assert "width: maximal update parametrisation (Yang et al. 2022)" in study.scale.rules
    assert "batch: linear scaling (Goyal et al. 2017)" in study.scale.rules
    assert any(said.startswith("dropout ") for said in study.scale.unknown)
    text = path.read_text(encoding="utf-8")
    assert "batch: linear scaling, × 4" in text and "the best ones in the notebook, rescaled" in text
    assert "well below the critical one (McCandlish et al. 2018)" in text
    assert study.make_task().base_width == "1/8"


def test_without_rules_sizes_change_and_nothing_else(tmp_path):
    trace = trace_of([{**SGD, **MORE}])
    study = load_study(trace.export(tmp_path / "s.yaml", scale={"width": 8, "batch": 4}, rules=False))
    assert study.first == [{**SGD, **MORE, "batch": 128, "width": 128}]
    assert study.task.arguments == {} and study.scale.rules == []
    assert not any(told.startswith("activation") for told in study.scale.unknown)  # a choice has no size
    plain = load_study(trace.export(tmp_path / "p.yaml"))
    assert plain.scale is None and plain.first == [{**SGD, **MORE}] and "scale:" not in plain.to_yaml()


def test_a_rate_that_leaves_its_range_widens_it_and_that_is_said(tmp_path):
    trace = trace_of([{**SGD, **MORE, "lr": 0.5}])
    found = scale.rescaling(trace, scale={"batch": 4})
    assert "lr: a rule takes it out of 0.0001 … 1, so its range is 0.0001 … 2 now." in str(found)
    study = load_study(trace.export(tmp_path / "s.yaml", scale={"batch": 4}))
    assert study.first[0]["lr"] == 2.0 and study.search_space.parameters["lr"].high == 2.0
    kept = scale.rescaling(trace, scale={"batch": 4}, lr=(0.01, 0.1))  # a range of one's own is kept
    assert "Number 1 of the notebook's best is left out: " in str(kept)
    assert load_study(trace.export(tmp_path / "k.yaml", scale={"batch": 4}, lr=(0.01, 0.1))).first == []


def test_what_an_export_is_given_counts_before_any_rule(tmp_path):
    trace = trace_of([{**SGD, **MORE}, {**SGD, **MORE, "lr": 0.2}])
    target = {"scale": {"width": 2, "batch": 4}, "lr": 0.05}
    assert [c.now for c in scale.rescaling(trace, **target).changes if c.name == "lr"] == [0.05]
    study = load_study(trace.export(tmp_path / "s.yaml", **target))
    assert [c["lr"] for c in study.first] == [0.05] and study.search_space.parameters["lr"] == Constant(0.05)
    assert "base_width" not in load_study(trace.export(tmp_path / "n.yaml", scale={"width": 1})).task.arguments


def test_a_population_of_the_tasks_own_networks_takes_the_parametrisation_and_a_supernet_does_not():
    settings = {"population": 3, "interval": 1}
    trace = trace_of([{**SGD, **MORE}], method="pbt")
    trace.header.settings.update(settings)
    assert "kept by maximal update" in str(scale.rescaling(trace, scale={"width": 2}))
    task = nasbook.registry.make("task", "digits-cells")
    darts = trace_of([task.space.sample(np.random.default_rng(0))], "digits-cells", space=task.space, method="darts")
    assert "width: no rule" in str(scale.rescaling(darts, scale={"width": 2}))


def test_numbers_of_numpy_are_numbers():
    assert rules.check_scale({"width": np.int64(8), "batch": np.float32(2)}) == {"width": 8.0, "batch": 2.0}


def test_a_batch_beyond_the_data_is_said():
    assert "more than the 1,000 examples" in str(scale.rescaling(trace_of([{**SGD, **MORE}]), scale={"batch": 64}))


def test_rates_that_are_arguments_of_the_task_follow_too(tmp_path):
    task = nasbook.registry.make("task", "images")
    config = task.space.sample(np.random.default_rng(0))
    trace = trace_of([config], "images", {"batch": 20, "channels": 4}, task.space)
    study = load_study(trace.export(tmp_path / "s.yaml", scale={"width": 2, "batch": 4}))
    assert study.task.arguments == {"batch": 80, "channels": 8, "lr": 0.4, "base_width": "1/2"}
    assert study.first == [config]
    base = trace_of([config], "images", {"channels": 4, "base_width": 4}, task.space)  # rates of that width already
    assert load_study(base.export(tmp_path / "b.yaml", scale={"width": 2})).task.arguments["base_width"] == 4
    share = trace_of([config], "images", {"channels": 4, "base_width": "1/2"}, task.space)
    assert load_study(share.export(tmp_path / "h.yaml", scale={"width": 2})).task.arguments["base_width"] == "1/4"


def test_choices_and_constants_are_scaled_too():
    space = Space(width=Choice([8, 16], ordered=True), lr=Constant(0.1), batch=Int(16, 64, log=True))
    found = scale.resizing.stretched("width", space.parameters["width"], 2.5)
    assert list(found.options) == [20, 40]
    assert scale.resizing.stretched("b", space.parameters["batch"], 2) == Int(32, 128, log=True)
    assert scale.resizing.stretched("c", Constant(8), 2) == Constant(16)
    with pytest.raises(ValueError, match="width cannot be scaled by 0.001: "):
        scale.resizing.stretched("width", Int(8, 16), 0.001)


OWN = Space(units=Int(8, 64, log=True), rate=Float(1e-4, 1, log=True), l2=Float(1e-6, 1, log=True))


def test_a_task_of_ones_own_declares_its_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from nasbook import Float, Int, Space\n"
        "SPACE = Space(units=Int(8, 64, log=True), rate=Float(1e-4, 1, log=True))\n"
        "def train(config, base_width=None):\n    return config['rate'] + 1 / config['units']\n"
        "train.declares = {'units': 'width', 'rate': 'adam rate'}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = __import__("mine")
    trace = nasbook.search("random", mine.train, space=mine.SPACE, trials=3, out=tmp_path / "t.jsonl")
    study = load_study(Trace.load(tmp_path / "t.jsonl").export("study.yaml", scale={"width": 4}))
    best = trace.best.config
    assert study.first[0] == {"units": 4 * best["units"], "rate": best["rate"]}
    assert study.task.arguments == {"base_width": "1/4"}  # it takes one
    sys.modules.pop("mine")


@pytest.mark.parametrize("nonsense", ["lr", 8, None, {"x": 3, 4: "rate"}, ["x"]])
def test_nonsense_that_a_task_declares_stops_no_search(nonsense):
    class Mine(nasbook.Task):
        name, space = "mine", Space(x=Float(0, 1))
        declares = nonsense

        def evaluate(self, config, **_):
            return config["x"]

    assert len(nasbook.search("random", Mine(), trials=2)) == 2

    def objective(config):
        return config["x"]

    objective.declares = nonsense
    assert len(nasbook.search("random", objective, space=Mine.space, trials=2)) == 2


def test_what_a_task_of_ones_own_does_not_take_is_not_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.py").write_text("def train(config):\n    return config['rate']\n")
    trace = trace_of([{"units": 8, "rate": 0.1, "l2": 0.1}], "bare:train", space=OWN)
    with pytest.raises(ValueError, match=r"bare:train declares no width .*declares nothing.*; say what .*declares=\{"):
        scale.rescaling(trace, scale={"width": 4})
    found = scale.rescaling(trace, scale={"width": 4}, declares={"units": "width", "rate": "rate"})
    told = {c.name: c for c in found.changes}
    assert told["units"].now == 32 and told["rate"].now == 0.1 and "width: no rule" in told["rate"].unknown
    assert told["l2"].unknown == "its role is not declared" and "cannot take on the parametrisation" in str(found)
    found = scale.rescaling(trace, scale={"depth": 4}, declares={"units": "depth", "rate": "adam rate", "l2": "branch"})
    assert {c.name: c.now for c in found.changes} == {"units": 32, "rate": 0.05, "l2": 0.05}


@pytest.mark.parametrize(
    "target, says",
    [
        ({"scale": {"widht": 8}}, "scale knows no 'widht'; did you mean 'width'?"),
        (
            {"scale": {"width": 0}},
            "scale: width must be a factor from 0.000001 to 1,000,000, such as 8, not 0",
        ),
        ({"scale": {"width": math.nan}}, "scale: width must be a factor"),
        ({"scale": {"width": True}}, "scale: width must be a factor"),
        ({"scale": {"width": "8"}}, "scale: width must be a factor"),
        ({"scale": {"width": -8}}, "scale: width must be a factor"),
        ({"scale": {"width": 1e9}}, "from 0.000001 to 1,000,000, such as 8, not 1000000000.0"),
        ({"scale": {"width": None}}, "such as 8, not nothing"),
        ({"scale": {}}, "scale is a mapping of factors"),
        ({"scale": 8}, "scale is a mapping of factors"),
        ({"scale": {8: 8}}, "scale knows no 8"),
        ({"scale": {"width": 8}, "width": (64, 512)}, "width is given a value and scaled by width too"),
        ({"scale": {"epochs": 8}, "epochs": 20}, "epochs is given a value and a factor in scale too"),
        ({"scale": {"data": 8}}, "train=8000"),
        ({"scale": {"width": 8}, "declares": {"lr": "pace"}}, "declares: lr cannot be 'pace'; a role is one of"),
        ({"scale": {"width": 8}, "declares": 8}, "declares is a mapping"),
        ({"scale": {"width": 8}, "declares": {"widht": "width"}}, "digits-mlp has no 'widht'; did you mean 'width'?"),
        ({"scale": {"width": 8}, "declares": {"ξ": "rate"}}, "declares: digits-mlp has no 'ξ'; it has"),
        ({"declares": {"lr": "rate"}}, "declares is for the rules of scale"),
    ],
)
def test_a_scale_that_cannot_be_served_is_refused_in_a_sentence(tmp_path, target, says):
    trace = trace_of([{**SGD, **MORE}])
    with pytest.raises(ValueError) as error:
        trace.export(tmp_path / "study.yaml", **target)
    assert says in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "study.yaml").exists()


def test_a_task_without_such_a_size_says_so():
    with pytest.raises(ValueError, match=r"forrester declares no width that could be scaled \(it declares nothing\)"):
        scale.rescaling(nasbook.search("random", "forrester", trials=2), scale={"width": 2})
    made = nasbook.registry.make("task", "digits-conv-chain")
    trace = trace_of([made.space.sample(np.random.default_rng(0))], "digits-conv-chain", space=made.space)
    with pytest.raises(ValueError, match=r"digits-conv-chain declares no width .* \(it declares .*sgd rate"):
        scale.rescaling(trace, scale={"width": 2})


def test_every_declared_role_is_one_and_names_something_real():
    for entry in nasbook.registry.TASKS:
        if entry.family == "training":
            for role in getattr(entry.load(), "declares", {}).values():
                assert role in rules.ROLES, (entry.name, role)


@pytest.mark.parametrize("to", ["ray", "optuna", "wandb", "hydra", "slurm"])
def test_other_tools_get_the_same_values(tmp_path, to):
    trace = trace_of([{**SGD, **MORE}])
    path = trace.export(tmp_path / to, to=to, scale={"width": 8, "batch": 4})
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    text = "\n".join(p.read_text(encoding="utf-8") for p in files)
    assert "1/8" in text and "0.4" in text and "128" in text and "linear scaling" in text


def test_the_command_line_shows_the_table_and_writes_the_study(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    trace_of([{**SGD, **MORE}]).save(tmp_path / "t.jsonl")
    assert main(["export", "t.jsonl", "--scale", "width=8,batch=4", "-o", "s.yaml"]) == 0
    assert "batch: linear scaling, × 4" in capsys.readouterr().out
    assert load_study(tmp_path / "s.yaml").first[0]["lr"] == 0.4
    assert main(["export", "t.jsonl", "--scale", "batch=4", "--scale", "width=2", "--no-rules", "-o", "n.yaml"]) == 0
    assert load_study(tmp_path / "n.yaml").first[0]["lr"] == 0.1
    capsys.readouterr()
    for words, says in WRONG_WORDS:
        assert main(["export", "t.jsonl", *words, "-o", "w.yaml"]) != 0
        told = capsys.readouterr().err
        assert says in told and told.count("\n") == 1, told
    assert not (tmp_path / "w.yaml").exists()


WRONG_WORDS = [
    (["--scale", "widht=8"], "did you mean 'width'?"),
    (["--scale", "width=zwölf"], "scale: width must be a factor"),
    (["--scale", "width=8,width=4"], "width is given twice"),
    (["--scale", ""], "must look like key=value"),
    (["--scale", "width"], "must look like key=value"),
    (["--declare", "lr=rate"], "--declare is for --scale"),
    (["--no-rules"], "--no-rules is for --scale"),
]
