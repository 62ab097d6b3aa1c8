"""Names and numbers that nobody expected: every kind draws them as plain text, on the canvas, without a warning."""

from __future__ import annotations

import random
import warnings
from functools import cache

import numpy as np
import pytest
from plots.legible import problems, words

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, Trace
from nasbook.plots import KINDS, edf, names, plot, race
from nasbook.plots.data import near
from nasbook.plots.moving_text import shorten, text_width
from nasbook.plots.names import LINE, UNKNOWN, named, plain
from nasbook.plots.views.tpe import TPEPicture

LONG = "rate_of_the_" + "very_" * 30 + "long_layer"
NASTY = Space(
    {
        "$5 to $10": Float(0, 1),
        "$x_{$": Choice(["$a_{", "50 % \\frac{", "two\nlines", ""]),
        "学习率 😀 سرعة": Float(1e-4, 1, log=True),
        LONG + "_A": Int(1, 9),
        LONG + "_B": Choice([LONG + "1", LONG + "2"]),
        "tab\there\n": Float(0, 1),
        " ": Float(0, 1),
    }
)
MANY = Space(
    model=Choice([f"category_number_{i:02d}" for i in range(60)]),
    x=Float(0, 1),
    also=Choice([str(i) for i in range(60)]),
)
PLAIN = Space(x=Float(0, 1), y=Float(0, 1), k=Choice(["p", "q"]))
VALUES = [1e308, -1e308, 1e-300, float("nan"), 0.5, -1e307, 0.0, 3.0]


def odd(config):
    return VALUES[int(config["x"] * len(VALUES)) % len(VALUES)]


def rare(config):
    if not 0.50 < config["x"] < 0.52:
        raise RuntimeError("$no_{ memory\n")
    return 0.25


def hashed(config):
    return random.Random(repr(config)).random()


hashed.__name__ = "$task_{\n"

SEARCHES = {
    "nasty": lambda: nasbook.search("random", hashed, space=NASTY, trials=25),
    "sixty": lambda: nasbook.search("random", hashed, space=MANY, trials=60),
    "odd": lambda: nasbook.search("random", odd, space=PLAIN, trials=40),
    "huge": lambda: nasbook.search("random", lambda c: 1e308 if c["x"] > 0.5 else -1e308, space=PLAIN, trials=12),
    "tiny": lambda: nasbook.search("random", lambda c: 1e-300 * c["x"], space=PLAIN, trials=12),
    "outlier": lambda: nasbook.search("random", lambda c: c["x"] if c["y"] < 0.9 else 1e12, space=PLAIN, trials=30),
    "equal": lambda: nasbook.search("random", lambda c: 0.5, space=PLAIN, trials=9),
    "one": lambda: nasbook.search("random", lambda c: c["x"], space=PLAIN, trials=1),
    "failed": lambda: nasbook.search("random", lambda c: 1 / 0, space=PLAIN, trials=5),
    "rare": lambda: nasbook.search("random", rare, space=PLAIN, trials=100),
    "two": lambda: nasbook.search(
        "random", lambda c: (1e308 * c["x"], -1e308 if c["x"] > 0.8 else c["y"]), space=PLAIN, trials=20
    ),
    "densities": lambda: nasbook.search("tpe", hashed, space=NASTY, trials=20, views=True),
    "belief": lambda: nasbook.search(
        "bayesian", hashed, space=Space({"$x_{ " + LONG: Float(0, 1), "%\n\\b": Choice(["$a_{", LONG, ""])}), trials=8
    ),
    "policy": lambda: nasbook.search(
        "reinforce", hashed, space=Space({"$x_{": Choice(["$a_{", LONG, "\n"]), LONG: Choice(["学", "2"])}), trials=25
    ),
}


@cache
def searched(name: str) -> Trace:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SEARCHES[name]()


@pytest.mark.parametrize("name", SEARCHES)
def test_every_kind_draws_it_legibly_or_says_what_is_missing(name):
    trace, drawn = searched(name), 0
    for kind in KINDS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                fig = plot(trace, kind)
            except ValueError as error:
                assert "\n" not in str(error).replace("$task_{\n", ""), error
                assert "Axis limits" not in str(error) and "NaN" not in str(error), (kind, error)
                continue
            assert not problems(fig), (kind, problems(fig))
            if name == "nasty":  # whose names are in every description, and so in every file
                fig.png()
        assert fig.alt == plain(fig.alt) and fig.alt.isprintable() and len(fig.alt) < 3000
        limits = np.array([[*ax.get_xlim(), *ax.get_ylim()] for ax in fig.axes])
        assert np.isfinite(limits).all() and (np.ptp(limits.reshape(-1, 2), axis=1) > 0).all(), (kind, limits)
        drawn += 1
    assert drawn >= 8


def test_many_methods_with_long_names_and_any_label():
    one, other = searched("equal"), searched("outlier")
    runs = {LONG + str(i): [one, other] for i in range(12)} | {"$m_{\n": [one], "random": [other]}
    for fig in (race(runs), edf(runs), *(plot(other, kind, label="$loss_{ " + LONG) for kind in ("history", "slice"))):
        assert not problems(fig), problems(fig)


@pytest.mark.parametrize("name", NASTY.free)
def test_densities_of_any_parameter(name):
    step = searched("densities")[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fig = TPEPicture(NASTY, name).render_static(step)
        assert not problems(fig), problems(fig)


def test_dollars_and_backslashes_are_drawn_as_they_are():
    drawn = {t.get_text() for t in words(plot(searched("nasty"), "slice"))}
    assert {"$5 to $10", "$x_{$", "$a_{", f"two{LINE}lines", "“”", "“ ”"} <= drawn
    assert "$5 to $10" in plot(searched("nasty"), "slice").alt
    assert not any("\\mathdefault" in t.get_text() for t in words(plot(_pair(), "pareto", log=(True, True))))


def _pair() -> Trace:
    return nasbook.search("random", lambda c: (10 ** (8 * c["x"] - 4), 1 + c["y"]), space=PLAIN, trials=12)


def test_both_ends_of_a_long_name_are_seen():
    drawn = [t.get_text() for t in words(plot(searched("nasty"), "importance"))]
    ends = [text for text in drawn if text.startswith("rate") and "…" in text]
    assert len(ends) == 2 and {text[-2:] for text in ends} == {"_A", "_B"}
    assert named(LONG + "1") != named(LONG + "2") and len(named(LONG)) <= 28 and named("short") == "short"
    for width in (0.3, 0.8, 2.0):
        cut = shorten(LONG, width, 9)
        assert text_width(cut, 9) <= width and cut[0] == LONG[0] and "…" in cut
    assert shorten("abc", 2.0, 9) == "abc"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a\r\nb\tc", f"a{LINE}b⇥c"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x00\x1b[31m", f"{UNKNOWN * 2}[31m"),
        ("\ud800", UNKNOWN),
        ("a" + "\u0301" * 40, "a" + "\u0301" * 2),
        ("x\u00a0y", "x y"),
        ("−0.3 ± 0.1 ρ → ★", "−0.3 ± 0.1 ρ → ★"),
    ],
)
def test_what_cannot_be_seen_is_marked(text, drawn):
    assert plain(text) == drawn and plain(drawn) == drawn


def test_an_installed_font_is_asked_before_a_box_is_drawn(monkeypatch):
    letter = "\u20dd"  # STIX, which matplotlib brings along, has it, and DejaVu Sans has not
    caches = (names.families, names._known, names.plain)
    try:
        monkeypatch.setattr(names, "FALLBACKS", ("No such font", "STIXGeneral"))
        for cached in caches:
            cached.cache_clear()
        assert names.families() == ["DejaVu Sans", "STIXGeneral"] and plain(letter) == letter
        monkeypatch.setattr(names, "FALLBACKS", ())
        for cached in caches:
            cached.cache_clear()
        assert plain(letter) == UNKNOWN
    finally:
        monkeypatch.undo()
        for cached in caches:
            cached.cache_clear()


def test_a_space_of_constants_gets_a_sentence():
    trace = nasbook.search("random", lambda c: 0.5, space=Space(a=Constant(3), b=Constant("$z_{")), trials=5)
    for kind in (
        "importance",
        "attribution",
        "ablation",
        "interactions",
        "dependence",
        "slice",
        "parallel",
        "contour",
        "rank",
    ):
        with pytest.raises(ValueError, match="constants only"):
            plot(trace, kind)
    plot(trace, "history")


def test_an_axis_reaches_all_but_what_is_far_off():
    values = np.array([0.1, 0.2, 0.3, 0.5, 0.9])
    assert set(near(values)) == set(values)
    assert set(near(np.r_[values, 1e9])) == set(values)
    assert set(near(np.r_[-values, -1e9], higher=True)) == set(-values)
    assert set(near(np.array([0.5] * 20 + [0.6, 0.7, 0.8, 99.0]))) == {0.5, 0.6, 0.7, 0.8}
    assert near(np.array([np.nan])).size == 0
