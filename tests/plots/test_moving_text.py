"""Words that move are drawn where matplotlib would draw them."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nasbook.plots import moving_text as words


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
