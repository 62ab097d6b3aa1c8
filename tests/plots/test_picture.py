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
from nasbook.plots import moving_text as words
from nasbook.plots.style import Limits, nice_ceiling, number, plus_minus, spread


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


# ---- style -----------------------------------------------------------------------------------------------------


def test_limits_grow_only():
    limits = Limits()
    assert limits.include([1.0, 2.0])
    low, high = limits.pair
    assert low < 1 and high > 2
    assert not limits.include([1.5, np.nan])
    assert limits.include([3.0]) and limits.pair[0] == low and limits.pair[1] > 3


def test_labels_are_spread_and_keep_their_order():
    want = [0.5, 0.52, 0.1, 0.51]
    at = spread(want, 0.1, 0.0, 1.0)
    assert list(np.argsort(at)) == list(np.argsort(want))
    assert np.diff(np.sort(at)).min() >= 0.1 - 1e-9
    assert at[2] == pytest.approx(0.1)  # one that is in nobody's way stays
    crowd = spread([0.99] * 5, 0.1, 0.0, 1.0)
    assert crowd.max() <= 1.0 and np.diff(np.sort(crowd)).min() >= 0.1 - 1e-9
    assert len(spread([], 0.1, 0, 1)) == 0


@pytest.mark.parametrize(
    ("x", "text"), [(-0.372, "−0.372"), (1234567.0, "1.23e+06"), (12345, "12,345"), (None, "–"), (float("nan"), "–")]
)
def test_numbers_read_well(x, text):
    assert number(x) == text


def test_means_are_as_precise_as_their_spread():
    assert plus_minus(-0.0149, 0.4) == "−0.01 ± 0.40"
    assert plus_minus(123.4, 17) == "123 ± 17"


def test_growing_axes_take_round_steps():
    assert [nice_ceiling(n) for n in (3, 11, 21, 51, 101, 999)] == [10, 20, 50, 100, 200, 1000]


# ---- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_letters_add_up_to_the_width_of_the_text(weight):
    text = "Trial 12 of 40: best validation accuracy 91.3 %"
    fig = Figure(dpi=100)
    canvas = FigureCanvasAgg(fig)
    drawn = fig.text(0, 0, text, fontsize=10, weight=weight, family="DejaVu Sans")
    exact = drawn.get_window_extent(canvas.get_renderer()).width / 100
    assert words.text_width(text, 10, weight) == pytest.approx(exact, rel=0.02)


def test_words_are_drawn_where_matplotlib_would_draw_them():
    """Compared as ink: the same rows and columns within two pixels, in every alignment."""
    for ha in ("left", "center", "right"):
        for va in ("top", "center", "bottom", "baseline"):
            boxes = []
            for own in (True, False):
                fig = Figure(figsize=(3, 1), dpi=100)
                canvas = FigureCanvasAgg(fig)
                make = words.add_words if own else Figure.text
                options = {} if own else {"family": "DejaVu Sans"}
                make(fig, 0.5, 0.5, "lamp 0.25", ha=ha, va=va, fontsize=11, **options)
                canvas.draw()
                ink = np.asarray(canvas.buffer_rgba())[..., 0] < 128
                rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
                boxes.append([rows[0], rows[-1], columns[0], columns[-1]])
            np.testing.assert_allclose(boxes[0], boxes[1], atol=2.1, err_msg=f"{ha} {va}")


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


def test_the_judge_does_not_mind_tilted_neighbours():
    fig = style.figure(4, 3)
    for x in (0.3, 0.37):
        fig.text(x, 0.6, "a tilted name", rotation=45, ha="right", va="top", rotation_mode="anchor")
    assert problems(fig) == []
    fig.text(0.31, 0.6, "a tilted name", rotation=45, ha="right", va="top", rotation_mode="anchor")
    assert problems(fig)
