"""Trials that go on with the training of earlier ones, as successive halving needs them."""

import pytest

import nasbook
from nasbook.method import Method, Proposal
from nasbook.space import Float, Space
from nasbook.task import Evaluation, Fidelity, Task


class Climb(Method):
    """Two short trials; the better one goes on to 3 and to 9 epochs."""

    name = "climb"
    continues = True

    def propose(self):
        n = len(self.trials) + len(self.pending)
        if n < 2:
            return Proposal(self.space.sample(self.rng), fidelity=1)
        if n > 3:
            return None
        best = min(self.done[:2], key=lambda t: t.value)
        return Proposal(best.config, fidelity=(3, 9)[n - 2], info={"continues": best.id})


class Priced(Task):
    """Costs ten seconds an epoch."""

    name, space, knows_cost, fidelity = "priced", Space(x=Float(0, 1)), True, Fidelity("epoch", 1, 9)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        for epoch in range(1, int(fidelity) + 1):
            report(epoch, config["x"] / epoch, 10.0 * epoch)
        return Evaluation(config["x"] / fidelity, metrics={"seed": seed}, cost=10.0 * fidelity)


def test_a_table_charges_only_the_rest_and_keeps_the_seed():
    trace = nasbook.search(Climb, Priced(), trials=10)
    assert [t.fidelity for t in trace.trials] == [1, 1, 3, 9]
    assert [t.cost for t in trace.trials] == [10, 10, 20, 60]
    assert trace.times.tolist() == [10, 20, 40, 100]
    root = trace.trials[2].info["continues"]
    seeds = {t.id: t.metrics["seed"] for t in trace.trials}
    assert seeds[2] == seeds[3] == seeds[root] != seeds[1 - root]


def test_a_stopped_trial_costs_what_it_had_spent():
    class Impatient(Climb):
        def should_stop(self, trial, curve):
            return "enough" if len(curve) == 2 else None

    trace = nasbook.search(Impatient, Priced(), trials=3)
    assert [t.status for t in trace.trials] == ["done", "done", "pruned"]
    assert trace.trials[2].cost == 10.0  # 20 up to the second epoch, 10 of them paid before


def test_a_real_training_goes_on_from_its_state_to_the_same_result():
    task = nasbook.task("digits-mlp", epochs=9, device="cpu")
    trace = nasbook.search(Climb, task, trials=10, seed=1)
    last = trace.trials[-1]
    assert len(last.curve) == 9
    from nasbook.task import trial_seed

    alone = task.evaluate(last.config, fidelity=9, seed=trial_seed(1, last.info["continues"]))
    assert last.value == pytest.approx(alone.value, abs=0)


def test_a_method_of_several_fidelities_takes_the_tasks_highest():
    trace = nasbook.search("hyperband", "digits201-digits", trials=30, seed=0)
    assert trace.header.settings["max_fidelity"] == 12
    assert {t.status for t in trace.trials} == {"done"} and max(t.fidelity for t in trace.trials) == 12
    shorter = nasbook.search("hyperband", "digits201-digits", trials=30, seed=0, max_fidelity=9)
    assert max(t.fidelity for t in shorter.trials) == 9


def test_a_task_without_fidelity_is_told_once():
    with pytest.warns(UserWarning, match="branin has no fidelity, so successive-halving evaluates it whole every time"):
        nasbook.search("successive-halving", "branin", trials=5)
