"""What a search at another size will cost: the arithmetic, and what is not known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale.exported import SPACE, a_trace

import nasbook
from nasbook.scale import estimate, load_study
from nasbook.trace import Header, Trace, Trial


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


def test_a_population_has_as_many_trials_as_its_members_have_intervals(tmp_path):
    task = nasbook.task("digits-mlp", train=60, epochs=2)
    trace = nasbook.search("pbt", task, population=2)
    path = trace.export(tmp_path / "s.yaml", epochs=5, settings={"population": 4, "interval": 2})
    assert load_study(path).budget.trials == 4 * 3  # epochs 2, 4 and 5
    cost = estimate(trace, epochs=5, settings={"population": 4})
    assert cost.trials == 20 and cost.seconds == pytest.approx(np.median([t.cost for t in trace.trials]))
    assert not cost.unknown


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
