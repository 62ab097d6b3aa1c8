"""Methods of several fidelities over architectures: short trainings, promotions and what they cost, by the table."""

from collections import defaultdict

import pytest

import nasbook
from nasbook.nas.spaces.nb201.cell import to_cell
from nasbook.task import trial_seed

HALVING = ["successive-halving", "hyperband", "asha", "bohb", "dehb"]
SEED = 3


@pytest.fixture(scope="module")
def table():
    return nasbook.task("digits201-messy")


@pytest.fixture(scope="module")
def traces():
    return {name: nasbook.search(name, "digits201-messy", trials=80, seed=SEED) for name in HALVING}


def root(trial):
    return trial.info.get("continues", trial.id)


@pytest.mark.parametrize("name", HALVING)
def test_a_trial_is_a_training_of_the_table_cut_off_at_its_epoch(name, traces, table):
    assert {t.fidelity for t in traces[name].trials} == {1, 4, 12}
    for t in traces[name].trials:
        accuracies = table.val[table.row(to_cell(t.config)), trial_seed(SEED, root(t)) % 3]
        assert t.value == pytest.approx(1 - accuracies[int(t.fidelity) - 1])


@pytest.mark.parametrize("name", HALVING)
def test_a_promoted_cell_pays_only_for_the_epochs_that_it_adds(name, traces, table):
    trained, promoted = {}, 0
    for t in traces[name].trials:
        before = trained.get(root(t), 0)
        seconds = table.cost(to_cell(t.config))["epoch_seconds"]
        assert t.cost == pytest.approx((t.fidelity - before) * seconds)
        promoted += before > 0
        trained[root(t)] = t.fidelity
    assert promoted >= 5


def test_successive_halving_promotes_the_best_third_of_cells(traces):
    """A round of 9 cells: of those with 1 epoch the best 3 go on to 4, and of these the best to 12."""
    trials = traces["successive-halving"].trials
    rounds = defaultdict(dict)
    for t in trials:
        rounds[t.fidelity].setdefault(root(t), t.value)
    first = [t for t in trials if t.fidelity == 1][:9]
    best = sorted(first, key=lambda t: t.value)[:3]
    promoted = [t for t in trials if t.fidelity == 4][:3]
    limit = best[-1].value
    assert all(rounds[1][root(t)] <= limit for t in promoted) and {root(t) for t in promoted} <= {t.id for t in first}
    winner = next(t for t in trials if t.fidelity == 12)
    assert rounds[4][root(winner)] == min(t.value for t in promoted)


@pytest.mark.parametrize("name", ["asha", "bohb"])
def test_a_promoted_network_goes_on_with_its_training(name):
    """Real training: what a promoted chain ends with is what an uninterrupted training of its seed gives."""
    task = nasbook.task("digits-conv-chain", epochs=3, train=60, depth=2, device="cpu")
    trace = nasbook.search(name, task, trials=8, seed=1)
    promoted = [t for t in trace.trials if "continues" in t.info]
    assert promoted and {t.fidelity for t in promoted} == {3}
    for t in promoted:
        assert t.value == task.evaluate(t.config, seed=trial_seed(1, root(t)), fidelity=3).value
