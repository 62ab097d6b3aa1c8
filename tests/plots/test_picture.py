"""What all pictures share: still and moving are the same, no pyplot, words that fit, clicks that land."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from plots.legible import assert_legible, problems

import nasbook
from nasbook.plots import (
    KINDS,
    VIEWS,
    Acquisition1D,
    Acquisition2D,
    CellPicture,
    HistoryPicture,
    ParallelPicture,
    PopulationPicture,
    SlicePicture,
    Stack,
    TreePicture,
    plot,
    style,
)


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("regularized-evolution", "nb201-cifar10", trials=40, seed=0, views=True)


def test_no_pyplot_is_loaded():
    code = "import sys, nasbook.plots; print('matplotlib.pyplot' in sys.modules, 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["False"] * 2


def test_the_notebooks_own_style_is_left_alone_and_has_no_say(trace):
    with matplotlib.rc_context({"font.size": 31, "axes.facecolor": "black"}):
        fig = plot(trace, "history", baseline=None)
        assert matplotlib.rcParams["font.size"] == 31
        assert_legible(fig)
        assert matplotlib.colors.to_hex(fig.axes[0].get_facecolor()) == "#ffffff"


def beliefs():
    trace = nasbook.search("bayesian", "branin", trials=9, seed=1, views=True)
    return [trace[k] for k in (3, 8, 6)], trace.space


@pytest.mark.parametrize("name", ["history", "population", "tree", "slice", "parallel", "cell", "curve", "maps"])
def test_a_frame_has_the_pixels_of_the_still_picture(name, trace):
    """Blitting leaves nothing behind and forgets nothing: after a walk through the trace, the frame is the still."""
    states = [trace.steps[:k] for k in (3, 40, 1, 25)]
    make = {
        "history": lambda: HistoryPicture(40),
        "population": lambda: PopulationPicture(40),
        "tree": lambda: TreePicture(40),
        "slice": lambda: SlicePicture(trace.space, 40),
        "parallel": lambda: ParallelPicture(trace.space, 40),
        "cell": CellPicture,
    }
    if name == "cell":
        states = [s[-1] for s in states]
    if name in ("curve", "maps"):
        states, space = beliefs()
        make = {"curve": lambda: Acquisition1D(space, "x2"), "maps": lambda: Acquisition2D(space)}
    moving, still = make[name](), make[name]()
    for state in states:
        pixels = moving.frame(state)
    for state in states:  # limits remember what was seen
        fig = still.render_static(state)
    fig.canvas.draw()
    expected = np.asarray(fig.canvas.buffer_rgba())
    assert pixels.shape == expected.shape
    # What moves lies above axis lines and ticks in a frame, and may lie below them in a still: a few pixels, no more.
    different = (np.abs(pixels.astype(int) - expected.astype(int)).max(axis=2) > 40).mean()
    assert different < 0.002


def test_a_frame_changes_when_the_state_does(trace):
    picture = HistoryPicture(40)
    a = picture.frame(trace.steps[:10]).copy()
    b = picture.frame(trace.steps[:20]).copy()
    c = picture.frame(trace.steps[:10]).copy()
    assert (a != b).any()
    assert picture.sentence().startswith("Trial 10 of 40")
    del c


def test_figures_show_themselves_with_their_alt_text(trace):
    fig = plot(trace, "history")
    bundle = fig._repr_mimebundle_()
    assert f'alt="{fig.alt}"' in bundle["text/html"] and fig.alt in bundle["text/plain"]
    assert fig.png().startswith(b"\x89PNG")


SEVERAL_METHODS = ("compare", "critical-difference", "beats", "profiles")
ASK_MORE = (
    *VIEWS,
    *SEVERAL_METHODS,
    "budget-correlation",
    "overtuning",
    "pareto",
    "hypervolume",
    "front",
    "tree",
    "lineage",
    "turns",
    "chains",
)  # than this trace has


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ASK_MORE])
def test_every_kind_that_fits_this_trace_is_drawn_described_and_legible(kind, trace):
    fig = plot(trace, kind)
    assert fig.alt and fig.sentence
    assert_legible(fig)


@pytest.mark.parametrize("kind", ASK_MORE)
def test_every_other_kind_says_what_it_asks_for(kind, trace):
    """In one sentence that begins with the kind or tells the method, and names what would be right."""
    with pytest.raises(ValueError) as caught:
        plot(trace, kind)
    told = str(caught.value)
    assert kind in told and "\n" not in told and len(told) < 400, told
    if kind in VIEWS:
        assert all(repr(right) in told for right in VIEWS[kind].methods) and repr(trace.header.method) in told, told


def test_wrong_kinds_and_options_get_a_sentence(trace):
    with pytest.raises(ValueError, match="no picture 'histroy'; did you mean 'history'"):
        plot(trace, "histroy")
    with pytest.raises(ValueError, match="plot history.*colour"):
        plot(trace, "history", colour="red")


def test_trace_plot_is_the_same(trace):
    assert trace.plot("population").alt == plot(trace, "population").alt


def test_clicks_land_in_data_coordinates():
    picture = HistoryPicture(40, limits=(0.0, 1.0))
    picture.make_figure()
    ax = picture.ax
    x, y = ax.transData.transform((20, 0.25))
    w, h = picture.fig.canvas.get_width_height()
    hit = picture.locate(x / w, 1 - y / h)
    assert hit is not None and hit[0] is ax
    assert hit[1:] == pytest.approx((20, 0.25))
    assert picture.locate(0.001, 0.001) is None


def test_a_stack_holds_every_part_where_it_is(trace):
    parts = [PopulationPicture(40), TreePicture(40)]
    stack = Stack(parts)
    fig = stack.render_static([trace.steps, trace.steps])
    assert fig.get_size_inches() == pytest.approx([7.2, 4.4 + 3.8])
    assert parts[0].alt() in fig.alt and parts[1].alt() in fig.alt
    assert_legible(fig)
    assert len(stack.artists()) == len(parts[0].artists()) + len(parts[1].artists())


def test_long_sentences_shrink_and_then_end_in_an_ellipsis():
    picture = HistoryPicture(10)
    picture.make_figure()
    picture.say("A sentence that is somewhat longer than the line that a title has at eleven points of bold")
    assert "…" not in picture.sentence() and 9 <= picture._title.get_fontsize() < 11
    picture.say("A sentence " * 20)
    assert picture.sentence().endswith("…") and picture._title.get_fontsize() == 9
    assert_legible(picture.fig)


# ---- the judge of legibility can say no ---------------------------------------------------------------------------


def test_the_judge_of_legibility_sees_what_is_wrong():
    fig = style.figure(4, 3)
    fig.text(0.1, 0.5, "first words")
    fig.text(0.12, 0.5, "second words")
    fig.text(0.95, 0.1, "cut at the edge")
    fig.text(0.1, 0.9, "tiny", fontsize=6)
    found = " ".join(problems(fig))
    assert "'first words' and 'second words' overlap" in found
    assert "'cut at the edge' leaves the canvas" in found and "'tiny' has 6 points" in found
    with pytest.raises(AssertionError, match="overlap"):
        assert_legible(fig)


def test_the_judge_of_legibility_sees_a_formula():
    fig = Figure(dpi=100)
    FigureCanvasAgg(fig)
    fig.text(0.1, 0.5, "$x_1$")
    assert problems(fig) == ["'$x_1$' is read as a formula"]


def test_the_judge_does_not_mind_tilted_neighbours():
    fig = style.figure(4, 3)
    for x in (0.3, 0.37):
        fig.text(x, 0.6, "a tilted name", rotation=45, ha="right", va="top", rotation_mode="anchor")
    assert problems(fig) == []
    fig.text(0.31, 0.6, "a tilted name", rotation=45, ha="right", va="top", rotation_mode="anchor")
    assert problems(fig)
