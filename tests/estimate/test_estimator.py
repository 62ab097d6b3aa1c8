"""Every estimator: the bill of the trace, made again from a trace and a study, bad input in one sentence."""

import numpy as np
import pytest
from estimate.table import CHEAP, NAMES, TABLE, sample

import nasbook
from nasbook.estimate import estimator
from nasbook.estimate.estimator import full
from nasbook.estimate.proxy import STEPS
from nasbook.estimate.weight_sharing import JUDGE
from nasbook.scale.study import load_study
from nasbook.space import Float, Space
from nasbook.task import Evaluation, FunctionTask


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_given_an_estimator_pays_what_the_estimator_costs(name):
    made = estimator(name, "digits201-digits", **CHEAP.get(name, {}))
    trace = nasbook.search("regularized-evolution", made, trials=20, seed=3, population=5, sample=2)
    done = [t for t in trace.trials if t.status == "done"]
    rows = [TABLE.row(t.config) for t in done]
    if name in STEPS:
        bill = STEPS[name] * TABLE.columns["step"][rows]
    elif name == "low-fidelity":
        bill = 2 * TABLE.epoch_seconds[rows]
    elif name in ("learning-curve", "pfn-curve"):
        bill = 6 * TABLE.epoch_seconds[rows]
    elif name == "weight-sharing":  # six steps of training, then a judgement each
        assert made.spent == pytest.approx(6 * TABLE.columns["step"].mean())
        bill = JUDGE * TABLE.columns["step"][rows] + np.r_[made.spent, np.zeros(19)]
    else:  # eight whole trainings, then nothing
        trained = [TABLE.cost(c)["epoch_seconds"] for c in made.configs]
        assert len(trained) == 8 and done[0].cost == pytest.approx(12 * sum(trained))
        bill = np.r_[done[0].cost, np.zeros(19)]
    assert [t.cost for t in done] == pytest.approx(bill.tolist())
    assert trace.times[-1] == pytest.approx(bill.sum())  # the simulated clock ran for it
    assert all(t.metrics["estimator"] == name for t in done)
    assert all(t.status == "done" or "cannot be ranked" in t.reason for t in trace.trials)


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_and_a_study_make_the_estimator_again(name, tmp_path):
    made = estimator(name, nasbook.task("digits201-messy", run=1), **CHEAP.get(name, {}))
    trace = nasbook.search("random", made, trials=3, seed=1, out=tmp_path / "t.jsonl")
    arguments = dict(trace.header.arguments)
    again = estimator(arguments.pop("kind"), arguments.pop("task"), **arguments)
    assert again.task.run == 1
    goes_on = nasbook.search("random", again, trials=5, seed=1, out=tmp_path / "t.jsonl", resume=True)
    assert goes_on.digest == nasbook.search("random", made, trials=5, seed=1).digest
    study = load_study(trace.export(tmp_path / "s.yaml", trials=4))
    assert nasbook.search("random", study.make_task(), trials=3, seed=1).digest == trace.digest


def test_bad_input_is_one_sentence():
    for kwargs, says in [
        ({"kind": "low-fidelty", "task": TABLE}, "did you mean 'low-fidelity'"),
        ({"kind": "low-fidelity", "task": TABLE}, "say what is made smaller"),
        ({"kind": "low-fidelity", "task": TABLE, "epochs": 13}, "whole number in 1 … 12, not 13"),
        ({"kind": "low-fidelity", "task": TABLE, "data": 0.5}, "only has fewer epochs"),
        ({"kind": "low-fidelity", "task": "branin", "epochs": 1}, "branin has no epochs"),
        ({"kind": "low-fidelity", "task": "digits-cells", "data": 1.5}, "above 0 and at most 1"),
        ({"kind": "low-fidelity", "task": "digits-cells", "data": 0.1}, "less than one batch"),
        ({"kind": "low-fidelity", "task": "digits-cells", "resolution": 3}, "must divide the 8 pixels"),
        ({"kind": "low-fidelity", "task": "digits-conv-chain", "width": 0.5}, "no common width"),
        ({"kind": "learning-curve", "task": TABLE, "epochs": 4}, "whole number in 5 … 12"),
        ({"kind": "pfn-curve", "task": TABLE, "epochs": 0}, "whole number in 1 … 12"),
        ({"kind": "pfn-curve", "task": "branin"}, "branin has no epochs"),
        ({"kind": "snip", "task": "branin"}, "branin has neither networks nor scores"),
        ({"kind": "mlp-predictor", "task": TABLE, "train": 1}, "at least 2"),
        ({"kind": "snip", "task": "nb201-cifar10-latency"}, "has 2 objectives"),
        ({"kind": "snip", "task": TABLE, "arguments": {"run": 1}}, "made already"),
    ]:
        with pytest.raises(ValueError, match=says):
            estimator(**kwargs)
    with pytest.raises(ValueError, match="no fidelity to choose"):
        estimator("snip", TABLE).evaluate(sample(1)[0], fidelity=3)


def test_what_a_function_answers_is_an_evaluation_whatever_numbers_it_is_made_of():
    space = Space(x=Float(0, 1))
    for answer in (0.5, np.float32(0.5), (0.5, 2.0), Evaluation(0.5)):
        found = full(FunctionTask(lambda config, answer=answer: answer, space), {"x": 0.1}, seed=0)
        assert found.value == 0.5 and found.values == ((0.5, 2.0) if isinstance(answer, tuple) else None)
