"""What the validation says and what the test says of the best so far."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import plot
from nasbook.trace import Header, Trace, Trial


def test_overtuning_draws_what_the_table_knows_and_what_the_function_says():
    runs = [nasbook.search("random", "digits201-textures", trials=60, seed=s) for s in range(6)]
    task = nasbook.task("digits201-textures")
    fig = plot(runs, "overtuning")
    assert_legible(fig)
    last = [100 * task.test_accuracy(run.best.config) for run in runs]
    assert f"on test at {np.mean(last):.1f} %" in fig.alt and "mean of 6 searches" in fig.alt
    one = plot(runs[0], "overtuning")
    assert plot(runs[0], "overtuning", test=lambda c: 1 - task.test_accuracy(c)).alt == one.alt
    assert_legible(one)


def test_overtuning_follows_the_best_of_the_highest_fidelity():
    """A low value after one epoch is no promise: the trial of all epochs leads, as in the trace."""
    trace = Trace(Header("hyperband", "made", nasbook.Space(x=nasbook.Float(0, 1))))
    for i, (f, value, test) in enumerate([(1, 0.1, 0.5), (9, 0.3, 0.2), (1, 0.05, 0.9)]):
        trace.ended(Trial(i, {"x": 0.5}, fidelity=f, status="done", value=value, metrics={"test_error": test}))
    assert plot(trace, "overtuning").sentence == "Promised 0.3, on test 0.2; on test it was never better before"


def test_overtuning_reads_a_metric_and_says_what_is_missing():
    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search(
        "random", lambda c: nasbook.Evaluation(c["x"], metrics={"test_error": 1 - c["x"]}), space=space, trials=9
    )
    assert "on test 0." in plot(trace, "overtuning").sentence
    plain = nasbook.search("random", lambda c: c["x"], space=space, trials=9)
    failed = nasbook.search("random", lambda c: 1 / 0, space=space, trials=3)
    assert "No trial has succeeded" in plot(failed, "overtuning", test=lambda c: 0.0).sentence
    for args, told in (((plain,), "no test value"), ((trace, "acc"), "has the metric 'acc'; they have test_error")):
        with pytest.raises(ValueError, match=told):
            plot(args[0], "overtuning", test=args[1] if args[1:] else None)
