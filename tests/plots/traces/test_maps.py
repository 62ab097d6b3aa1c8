"""Budget correlation, footprint and cube: from a search, an Optuna study, a CSV file, and from what is odd."""

import pytest
from plots.curved import CONDITIONAL, drawn, searched

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.plots import plot
from nasbook.tasks.logged import read_trials

KINDS = ("budget-correlation", "footprint", "cube")
NAME = "$x_1$\n" * 9
STRANGE = Space({NAME: Float(0, 1), "名前": Choice(["", "∞"]), "z" * 70: Int(1, 10**12)})


@pytest.fixture(scope="module")
def trace():
    return searched()


@pytest.mark.parametrize("kind", KINDS)
def test_from_a_search_with_conditions_and_failures(trace, kind):
    assert any(t.status == "failed" for t in trace.trials)
    drawn(trace, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_from_an_optuna_study(kind):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(t):
        x, k, n = (
            t.suggest_float("x", 1e-3, 1, log=True),
            t.suggest_categorical("k", [True, None, "c"]),
            t.suggest_int("n", 1, 9),
        )
        for step in range(4):
            t.report(x * step + n, step)
        if n == 9:
            raise optuna.TrialPruned()
        return x + n + (k == "c")

    study.optimize(objective, n_trials=20)
    drawn(nasbook.scale.from_optuna(study), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_from_a_csv_file(tmp_path, kind):
    path = tmp_path / "log.csv"
    rows = [f"{i % 6},{'pq'[i % 2]},{i % 6 * 3},{1 + 8 * (i // 6)},{(i * 7 % 11) / 11}" for i in range(18)]
    path.write_text("lr,kind,depth,fidelity,value\n" + "\n".join(rows) + "\n")
    (trace,) = read_trials(path)
    drawn(trace, kind)


def test_odd_traces_are_drawn_or_get_a_sentence(tmp_path):
    one = Space(only=Float(0, 1))
    odd = {
        "one trial": nasbook.search("random", lambda c: c["y"], space=CONDITIONAL, trials=1),
        "all failed": nasbook.search("random", lambda c: 1 / 0, space=CONDITIONAL, trials=5),
        "one parameter": nasbook.search("random", lambda c: c["only"], space=one, trials=9),
        "all equal": nasbook.search("random", lambda c: 1.0, space=CONDITIONAL, trials=12),
        "huge": nasbook.search("random", lambda c: 10 ** (300 * c["y"]), space=CONDITIONAL, trials=12),
        "constants": nasbook.search("random", lambda c: 1.0, space=Space(a=Constant(1)), trials=3),
        "names": nasbook.search("random", lambda c: c[NAME], space=STRANGE, trials=9),
    }
    shown = 0
    for name, trace in odd.items():
        for kind in KINDS:
            try:
                drawn(trace, kind)
                shown += 1
            except ValueError as error:
                assert "\n" not in str(error) and len(str(error)) < 300, (name, kind, error)
    assert shown >= 10


def test_what_is_missing_is_said(trace):
    plain = nasbook.search("random", lambda c: c["y"], space=CONDITIONAL, trials=9)
    with pytest.raises(
        ValueError, match="plot budget-correlation: it needs values of 3 configurations at two fidelities"
    ):
        plot(plain, "budget-correlation")
    words = drawn(trace, "budget-correlation").alt
    assert "1 and 4" in words and "configurations" in words
