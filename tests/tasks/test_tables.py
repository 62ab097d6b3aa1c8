"""A table of one's own as a task: from CSV and from arrays, with errors that say where."""

import csv
import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbook
from nasbook import Choice, Constant, Float, Space, Table
from nasbook.task import StopTrial

RESULTS = """\
optimiser,lr,layers,error,seconds,size
adam,0.001,2,0.10,30,1000
adam,0.01,2,0.20,31,1000
adam,0.001,4,0.08,60,2000

sgd,0.001,2,0.50,29,1000
"sgd",0.01,4,nan,58,2000
"""


@pytest.fixture
def results(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(RESULTS)
    return path


def read(tmp_path, text, **options):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return Table.from_csv(path, **options)


def test_a_csv_becomes_a_task(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    assert table.space == Space(
        optimiser=Choice(["adam", "sgd"]),
        lr=Choice([0.001, 0.01], ordered=True),
        layers=Choice([2, 4], ordered=True),
    )
    assert table.name == "results.csv"
    assert len(table) == 5
    assert not table.complete  # 5 of 8
    answer = table.evaluate({"optimiser": "adam", "lr": 0.001, "layers": 4})
    assert (answer.value, answer.cost, answer.metrics) == (0.08, 60.0, {"size": 2000.0})
    assert table.optimum == 0.08
    assert table.regret({"optimiser": "adam", "lr": 0.001, "layers": 2}) == pytest.approx(0.02)
    assert list(table.columns["seconds"]) == [30, 31, 60, 29, 58]
    assert list(table.columns["optimiser"]) == ["adam"] * 3 + ["sgd"] * 2


def test_a_search_over_an_own_table_finds_its_best_row(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    trace = nasbook.search("grid", table, trials=8)
    assert trace.best.config == {"optimiser": "adam", "lr": 0.001, "layers": 4}
    assert trace.best.value == 0.08
    failed = {tuple(s.trial.config.values()): s.trial.reason for s in trace.steps if s.trial.status == "failed"}
    assert len(failed) == 4
    assert failed["sgd", 0.01, 4].startswith("diverged")
    assert "results.csv has no row for {'optimiser': 'sgd', 'lr': 0.01, 'layers': 2}" in failed["sgd", 0.01, 2]


def test_a_configuration_without_a_row_is_named(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    with pytest.raises(
        LookupError, match=r"results.csv has no row for \{'optimiser': 'sgd', 'lr': 0.001, 'layers': 4\}"
    ):
        table.evaluate({"optimiser": "sgd", "lr": 0.001, "layers": 4})
    with pytest.raises(ValueError, match="lr must be one of 0.001, 0.01, not 0.5"):
        table.evaluate({"optimiser": "sgd", "lr": 0.5, "layers": 4})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.csv: there is no such file"):
        Table.from_csv(tmp_path / "nothing.csv")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "results.csv").write_bytes(b"lr,value\n1,\xff\xfe\n")
    with pytest.raises(ValueError, match="results.csv: this is not a CSV file in UTF-8"):
        Table.from_csv(tmp_path / "results.csv")


def test_a_table_from_a_csv_says_how_to_make_it_again(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    again = Table.from_csv(**json.loads(json.dumps(table.arguments)))
    assert again.space == table.space
    assert list(again.columns["error"][:4]) == list(table.columns["error"][:4]) == [0.10, 0.20, 0.08, 0.50]
    assert again.knows_cost


def test_a_search_over_a_table_can_be_saved_and_resumed(results, tmp_path):
    table = Table.from_csv(results, value="error", cost="seconds")
    with_pause = tmp_path / "trace.jsonl"
    nasbook.search("random", table, trials=5, seed=1, out=with_pause)
    resumed = nasbook.search("random", table, trials=12, seed=1, out=with_pause, resume=True)
    whole = nasbook.search("random", table, trials=12, seed=1)
    assert [s.trial.config for s in resumed.steps] == [s.trial.config for s in whole.steps]
    assert [s.trial.value for s in resumed.steps] == [s.trial.value for s in whole.steps]


def test_a_space_that_no_row_of_the_table_can_serve_is_refused_before_the_first_trial():
    table = Table.from_arrays(
        {"n": [1, 2, 3] * 2, "op": ["a"] * 3 + ["b"] * 3, "value": [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]}
    )
    part = nasbook.search("grid", table, trials=9, space=Space(n=Choice([2, 3], ordered=True), op=Constant("b")))
    assert {t.value for t in part.trials} == {5.0, 4.0}
    for space, sentence in (
        (Space(n=Choice([1, 2, 5], ordered=True), op=Constant("a")), "n: .*5|n .*5"),
        (Space(n=Float(1, 3), op=Constant("a")), "n "),
        (Space(n=Constant(1)), "op is missing"),
        (Space(n=Constant(1), opp=Constant("a")), "opp is unknown: did you mean 'op'"),
    ):
        with pytest.raises(ValueError, match=f"table: {sentence}"):
            nasbook.search("random", table, trials=3, space=space)


def test_maximise_turns_the_value_round_and_keeps_it_readable():
    table = Table.from_arrays({"x": [1, 2, 3], "accuracy": [0.7, 0.9, 0.8]}, value="accuracy", maximise=True)
    assert table.optimum == -0.9
    answer = table.evaluate({"x": 2})
    assert answer.value == -0.9
    assert answer.metrics == {"accuracy": 0.9}
    assert not table.knows_cost
    assert nasbook.search("grid", table, trials=3).best.config == {"x": 2}


CURVES = {
    "lr": [0.1, 0.1, 0.1, 0.2, 0.2],
    "epoch": [1, 3, 9, 1, 3],
    "value": [0.9, 0.6, 0.5, 0.8, 0.7],
    "seconds": [1, 3, 9, 1, 3],
}


def test_a_fidelity_column():
    table = Table.from_arrays(CURVES, cost="seconds", fidelity="epoch")
    assert (table.fidelity.unit, table.fidelity.min, table.fidelity.max) == ("epoch", 1, 9)
    assert table.evaluate({"lr": 0.1}).value == 0.5
    assert table.evaluate({"lr": 0.1}, fidelity=3).value == 0.6
    assert table.evaluate({"lr": 0.1}, fidelity=3).cost == 3
    assert table.evaluate({"lr": 0.2}).value == 0.7  # its highest
    assert table.optimum == 0.5
    assert table.regret({"lr": 0.2}) == pytest.approx(0.2)
    with pytest.raises(LookupError, match=r"table has no epoch 5 for \{'lr': 0.1\}; it has 1, 3, 9"):
        table.evaluate({"lr": 0.1}, fidelity=5)


def test_the_rows_of_a_curve_are_reported_until_they_are_stopped():
    seen = []

    def report(fidelity, value, cost=None):
        seen.append((fidelity, value))
        if value < 0.7:
            raise StopTrial("enough")

    Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"]).evaluate({"lr": 0.1}, report=report)
    assert seen == []  # not one training, so nothing happened on the way
    table = Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"], curve=True)
    with pytest.raises(StopTrial):
        table.evaluate({"lr": 0.1}, report=report)
    assert seen == [(1, 0.9), (3, 0.6)]


names = st.lists(st.text("abcxyz_", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)
words = st.text("abc ,;\"'\nµ-", min_size=1, max_size=5).filter(lambda s: s.strip() == s)
options = st.one_of(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=3, unique=True),
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=3, unique=True),
    st.lists(words, min_size=1, max_size=3, unique=True),
    st.just([True, False]),
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), names=names)
def test_what_is_written_to_a_csv_is_read_back(data, names, tmp_path_factory):
    axes = [data.draw(options) for _ in names]
    rows = list(product(*axes))
    values = data.draw(st.lists(st.floats(-1e9, 1e9), min_size=len(rows), max_size=len(rows)))
    arrays = {**{n: [row[i] for row in rows] for i, n in enumerate(names)}, "the value": values}
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(arrays)
        writer.writerows(zip(*arrays.values(), strict=True))

    a = Table.from_arrays(arrays, value="the value")
    b = Table.from_csv(path, value="the value")
    assert a.complete and b.complete
    assert list(a.values) == list(b.values) == values
    for row, value in zip(rows, values, strict=True):
        config = dict(zip(names, row, strict=True))
        assert a.evaluate(config).value == b.evaluate(config).value == value


@pytest.mark.parametrize(("fidelity", "epochs"), [(None, [1, 3, 9]), (3, [1, 3]), (1, [1])])
def test_a_curve_is_reported_up_to_the_fidelity_asked_for(fidelity, epochs):
    table = Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"], curve=True)
    seen = []
    answer = table.evaluate({"lr": 0.1}, fidelity=fidelity, report=lambda x, value, cost: seen.append((x, value)))
    assert seen == list(zip(epochs, [0.9, 0.6, 0.5], strict=False))
    assert answer.value == seen[-1][1]


# ---- several objectives, repeats, architectures --------------------------------------------------------------


def test_several_objectives_and_one_to_be_maximised(tmp_path):
    text = "width,error,accuracy,size\n" + "".join(f"{w},{1 / w},{1 - 1 / w},{w * w}\n" for w in range(1, 9))
    table = read(tmp_path, text, objectives=["accuracy", "size"], maximise=["accuracy"], metrics=["error"])
    assert table.objectives == ("−accuracy", "size") and table.space == Space(
        width=Choice(list(range(1, 9)), ordered=True)
    )
    answer = table.evaluate({"width": 4})
    assert answer.values == (-0.75, 16.0) and answer.metrics == {"error": 0.25, "accuracy": 0.75}
    trace = nasbook.search("nsga2", table, trials=20, seed=0)
    assert {t.status for t in trace.trials} == {"done"} and len(trace.trials[0].values) == 2
    with pytest.raises(ValueError, match="has 2 objectives and tpe minimises one"):
        nasbook.search("tpe", table, trials=5)
    again = Table.from_csv(**json.loads(json.dumps(table.arguments)))
    assert again.objectives == table.objectives


def test_repeats_are_drawn_by_the_seed_and_reported_by_their_mean(tmp_path):
    rows = [(lr, seed, lr + seed / 10) for lr in (1, 2) for seed in (0, 1, 2)]
    text = "lr,seed,value\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    table = read(tmp_path, text, repeat="seed")
    assert table.space == Space(lr=Choice([1, 2], ordered=True)) and table.complete and len(table) == 6
    assert {table.evaluate({"lr": 1}, seed=s).value for s in range(30)} == {1.0, 1.1, 1.2}
    assert table.evaluate({"lr": 1}, seed=7) == table.evaluate({"lr": 1}, seed=7)
    assert table.mean({"lr": 1}) == pytest.approx(1.1) and table.optimum == pytest.approx(1.1)
    assert table.regret({"lr": 2}) == pytest.approx(1.0)
    trace = nasbook.search("random", table, trials=30, seed=0)
    assert len({t.value for t in trace.trials}) == 6 and trace.best.metrics["seed"] == 0


def test_a_curve_of_repeats_stays_with_one_repeat():
    rows = [(seed, epoch, seed + 1 / epoch) for seed in (10, 20) for epoch in (1, 3, 9) if (seed, epoch) != (20, 9)]
    seeds, epochs, values = zip(*rows, strict=True)
    table = Table.from_arrays(
        {"lr": [1] * 5, "seed": seeds, "epoch": epochs, "value": values}, fidelity="epoch", repeat="seed", curve=True
    )
    for s in range(4):
        seen = []
        answer = table.evaluate({"lr": 1}, seed=s, report=lambda x, v, cost: seen.append(v))  # noqa: B023
        assert seen == [11, 10 + 1 / 3, 10 + 1 / 9] and answer.value == seen[-1]  # only this one got so far
    assert {table.evaluate({"lr": 1}, fidelity=3, seed=s).value for s in range(4)} == {10 + 1 / 3, 20 + 1 / 3}


def test_published_cells_are_known_to_methods_and_pictures(tmp_path):
    from nasbook.nas.parts import paths
    from nasbook.nas.spaces.nb201.cell import all_cells, nb201_string, to_config

    cells = list(all_cells())[::300]
    rows = "".join(f"{nb201_string(c)},{sum(c)},{i}\n" for i, c in enumerate(cells))
    with pytest.warns(UserWarning, match="53 of 15,625 configurations have a row"):
        table = read(tmp_path, "arch,error,seconds\n" + rows, value="error", cost="seconds", architecture="arch")
    assert paths.of(table.space).name == "nb201-cell"
    assert table.evaluate(to_config(cells[7])).value == sum(cells[7])
    assert nasbook.search("bananas", table, trials=12, first=table.configs[:12], seed=0).best.config in table.configs
    assert Table.from_csv(**{**table.arguments}).space == table.space


@pytest.mark.filterwarnings("ignore:table")
def test_a_table_over_a_space_of_architectures(tmp_path):
    from nasbook.nas.parts import paths

    spaces = nasbook.architectures("mlp-chain")
    rng = np.random.default_rng(0)
    configs = list({spaces.space.key(c): c for c in (spaces.space.sample(rng) for _ in range(20))}.values())
    columns = {n: [c.get(n) for c in configs] for n in spaces.space.parameters}
    table = Table.from_arrays({**columns, "value": list(range(len(configs)))}, architecture="mlp-chain")
    assert paths.of(table.space).name == "mlp-chain" and table.configs == configs


# ---- levels --------------------------------------------------------------------------------------------------

HALVING = ["successive-halving", "hyperband", "asha", "bohb", "dehb"]


def with_levels(levels, configurations=40):
    rows = [(x, level, x / configurations + 1 / level) for x in range(configurations) for level in levels]
    columns = dict(zip(("x", "epoch", "value"), zip(*rows, strict=True), strict=True))
    return Table.from_arrays({**columns, "seconds": columns["epoch"]}, cost="seconds", fidelity="epoch")


@pytest.mark.parametrize("name", [*HALVING, "median-stopping"])
def test_a_table_without_fidelities_is_evaluated_whole(name):
    table = Table.from_arrays({"x": list(range(40)), "value": list(range(40))}, name="whole")
    trace = nasbook.search(name, table, trials=40, seed=0)
    assert {t.status for t in trace.trials} == {"done"}


@pytest.mark.parametrize("name", HALVING)
@pytest.mark.parametrize(
    ("levels", "eta"), [((12, 200), 16), ((1, 10, 100), 10), ((1, 3, 9, 27), 3), (tuple(range(1, 51)), 3), ((5, 30), 6)]
)
def test_rungs_stand_on_the_levels_of_a_table(name, levels, eta):
    trace = nasbook.search(name, with_levels(levels), trials=130, seed=0)
    assert {t.status for t in trace.trials} == {"done"} and {t.fidelity for t in trace.trials} <= set(levels)
    assert trace.header.settings["eta"] == eta and max(t.fidelity for t in trace.trials) == levels[-1]


@pytest.mark.parametrize("name", HALVING)
def test_an_eta_that_misses_the_levels_is_refused_before_the_first_trial(name):
    with pytest.raises(ValueError, match="has 1, 10, 100 epochs, not the 3.* min_fidelity=1 with eta=10 fits"):
        nasbook.search(name, with_levels((1, 10, 100)), trials=40, eta=3)
    with pytest.raises(ValueError, match="no eta leads along 100, 150; use 'random'"):
        nasbook.search(name, with_levels((100, 150)), trials=40)
    with pytest.raises(ValueError, match="counts in whole numbers, and this task is evaluated at 0.1, 0.5, 1 epochs"):
        nasbook.search(name, with_levels((0.1, 0.5, 1)), trials=40)


def test_cheaper_trainings_of_a_table_are_its_levels():
    from nasbook.estimate.low_fidelity import LowFidelity

    table = with_levels((2, 12, 200))
    assert LowFidelity(table, epochs=12).epochs == 12
    with pytest.raises(ValueError, match="epochs must be one of 2, 12, 200, not 50"):
        LowFidelity(table, epochs=50)


def test_levels_go_with_a_study_and_old_files_without_them_still_load(tmp_path):
    from nasbook.scale import load_study
    from nasbook.scale.study_errors import StudyError

    rows = "".join(f"{x},{e},{x + 1 / e},{e}\n" for x in range(40) for e in (1, 10, 100))
    table = read(tmp_path, "x,epoch,value,seconds\n" + rows, fidelity="epoch", cost="seconds")
    trace = nasbook.search("asha", table, trials=30, seed=0)
    path = nasbook.Trace.export(trace, tmp_path / "study.yaml")
    study = load_study(path, check=False)
    assert study.fidelity.levels == [1, 10, 100]
    text = path.read_text()
    assert "levels: [1, 10, 100]" in text or "levels:" in text
    old = study.to_dict()
    del old["fidelity"]["levels"]
    from nasbook.scale.study import validate

    assert validate(old).fidelity.of(table).levels == (1, 10, 100)
    for change, sentence in [
        ({"levels": [1, 100, 10]}, r"must rise from min \(1\) to max \(100\)"),
        ({"levels": [1, 10]}, r"must rise from min \(1\) to max \(100\)"),
    ]:
        with pytest.raises(StudyError, match=sentence):
            validate({**old, "fidelity": {**old["fidelity"], **change}})
    assert nasbook.task("digits201-digits").fidelity.to_dict() == {"unit": "epoch", "min": 1, "max": 12}
