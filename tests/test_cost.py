"""The bill of a search: sums, what was counted and what is estimated, and what is not known."""

import json

import pytest

import nasbook
from nasbook.cli import main
from nasbook.cost import cost
from nasbook.scale import load_study, run
from nasbook.trace import Header, Trace, Trial

SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def trace_of(*used):
    trace = Trace(Header("random", "f", SPACE))
    for i, one in enumerate(used):
        trace.started(Trial(i, {"x": 0.5}))
        trace.ended(Trial(i, {"x": 0.5}, status="done", value=1.0, cost=2.0, end=99.0, used=one))
    return trace


def test_energy_is_counted_where_it_can_be_and_estimated_elsewhere():
    found = trace_of(
        {"seconds": 40.0, "cpu_seconds": 36.0, "peak_bytes": 2e8},
        {"seconds": 10.0, "cpu_seconds": 9.0, "cpu_joules": 720.0, "peak_bytes": 3e8},
        {"seconds": 20.0, "cpu_seconds": 0.0, "gpu_seconds": 20.0, "gpu_use": 0.5},
        {"seconds": 60.0, "cpu_seconds": 0.0, "gpu_seconds": 60.0, "gpu_use": 0.9, "gpu_joules": 3600.0},
        {},
    ).cost(core_watts=20, gpu_watts=360)
    assert (found.trials, found.measured, found.seconds, found.cpu_seconds) == (5, 4, 130.0, 45.0)
    assert found.counted == pytest.approx((720 + 3600) / 3600) and found.peak_bytes == 3e8
    assert found.estimated == pytest.approx((36 * 20 + 20 * 0.5 * 360) / 3600)
    assert found.range == pytest.approx((1.2 + 0.6, 1.2 + 2.4)) and found.gpu_use == pytest.approx(0.8)
    text = str(found)
    assert "estimate, 20 W a core, 360 W a GPU; range 1.8 Wh to 3.6 Wh" in text and "1.2 Wh of it" in text
    assert "45 s of processor time in 2.17 minutes (4 trials; at most 300 MB" in text
    assert "GPU: 80 s, 80 % in use." in text and text.endswith("1 trial more was not measured.")


def test_what_was_all_counted_is_no_estimate():
    text = str(trace_of({"seconds": 1.0, "cpu_seconds": 1.0, "cpu_joules": 36.0}).cost())
    assert "10 mWh, as the machine has counted it" in text and "estimate" not in text


def test_old_traces_and_tables_say_that_nothing_was_measured(capsys, tmp_path):
    assert "none was measured" in str(trace_of({}, {}).cost())
    assert "none was measured" in str(Trace(Header("random", "f", SPACE)).cost())
    table = nasbook.search("random", "nb201-cifar10", trials=4, seed=1)
    total = sum(t.cost for t in table.trials)
    assert cost(table).looked_up == pytest.approx(total) and "stand in a table with" in str(table.cost())


@pytest.mark.parametrize("watts", [0, -1, float("nan"), "10"])
def test_wrong_watts_are_one_sentence(watts):
    with pytest.raises(ValueError, match="core_watts must be a number above 0"):
        trace_of({}).cost(core_watts=watts)


def test_from_search_to_export_run_and_bill(tmp_path, capsys):
    """The workers measure; the folder of the run is what the command is given."""
    nasbook.search("random", "digits-mlp", trials=1).export(tmp_path / "study.yaml", trials=3, epochs=2)
    assert load_study(tmp_path / "study.yaml").budget.trials == 3
    trace = run(tmp_path / "study.yaml", tmp_path / "out", workers=2)
    assert all(t.used["cpu_seconds"] > 0 and t.used["peak_bytes"] > 1e7 for t in trace.trials)
    assert main(["cost", str(tmp_path / "out"), "--json", "--watts", "20"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["measured"] == 3 and found["core_watts"] == 20
    assert found["cpu_seconds"] == pytest.approx(sum(t.used["cpu_seconds"] for t in trace.trials))
    assert main(["cost", str(tmp_path / "out" / "trace.jsonl")]) == 0
    assert capsys.readouterr().out.startswith("This search cost ")
    assert main(["cost", str(tmp_path / "none")]) == 2
