"""Budget correlation, footprint and cube: from a search, an Optuna study, a CSV file, and from what is odd."""

import warnings

import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.plots import CubePicture, FootprintPicture, plot
from nasbook.tasks.logged import read_trials

KINDS = ("budget-correlation", "footprint", "cube")
NAME = "$x_1$\n" * 9
STRANGE = Space({NAME: Float(0, 1), "名前": Choice(["", "∞"]), "z" * 70: Int(1, 10**12)})
CONDITIONAL = Space(k=Choice(["p", "q"]), x=Float(1e-4, 1, log=True, when={"k": "p"}), n=Int(1, 3), y=Float(0, 1))


def curved(config, fidelity, report):
    for epoch in range(1, 5):
        report(epoch, config["y"] / epoch + config["n"])
    if config["n"] == 3 and config["y"] > 0.8:
        raise RuntimeError("no memory")
    return config["y"] / 4 + config["n"]


@pytest.fixture(scope="module")
def trace():
    return nasbook.search(
        "random", curved, space=CONDITIONAL, fidelity=nasbook.Fidelity("epoch", 1, 4), trials=30, seed=1
    )


def drawn(trace, kind, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = plot(trace, kind, **options)
        fig.png()
    assert fig.alt and fig.sentence
    assert_legible(fig)
    return fig


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


def test_the_cube_holds_the_trials_and_a_square_does_for_two(trace):
    picture = CubePicture(CONDITIONAL, ["k", "x", "n"])
    fig = picture.render_static(trace)
    has_x = [t for t in trace.trials if "x" in t.config]
    good = sum(t.status == "done" for t in has_x)
    assert len(picture.dots.get_offsets()) == good and picture.without == 30 - len(has_x) > 0
    assert f"{picture.without} lack one of these parameters" in fig.alt
    assert_legible(fig)
    square = drawn(trace, "cube", parameters=["y", "n"])
    assert square.axes[0].get_xlabel() == "y"
    for wrong in (["y"], ["y", "y"], ["y", "z"], "y", list("kxny")):
        with pytest.raises(ValueError, match="plot cube"):
            plot(trace, "cube", parameters=wrong)


def test_the_map_keeps_the_trials_and_never_more_than_it_can_draw(trace):
    picture = FootprintPicture(CONDITIONAL)
    picture.render_static(trace)
    done = sum(t.status == "done" for t in trace.trials)
    assert len(picture.dots.get_offsets()) == done and len(picture.lost.get_xdata()) == 30 - done
    assert 0 < picture.keeps <= 1 and 0 < picture.reach <= 1
    many = nasbook.search("random", lambda c: c["y"], space=CONDITIONAL, trials=900)
    assert (
        "600 of 900 trials" in drawn(many, "footprint").sentence
        or "601 of 900 trials" in drawn(many, "footprint").sentence
    )


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
