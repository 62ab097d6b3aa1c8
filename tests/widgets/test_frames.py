"""Live pictures and clickable images: what the page gets is what the picture shows."""

import io
import threading

import numpy as np
import pytest
from PIL import Image
from widgets.simple_lab import Dots

import nasbook
from nasbook.plots import style
from nasbook.plots.picture import Picture, Stack
from nasbook.widgets.frames import Live, to_png
from nasbook.widgets.pick import ClickImage


def decode(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.fixture
def steps():
    return list(nasbook.steps("random", "forrester", trials=12))


def test_a_png_with_a_palette_is_close_to_the_pixels_and_white_stays_white(steps):
    pixels = np.array(Dots().frame(steps))
    png = to_png(pixels)
    back = decode(png)
    assert back.shape == (*pixels.shape[:2], 3)
    assert (back[0, 0] == 255).all()
    assert np.abs(back - pixels[..., :3]).max() <= 40 and np.abs(back - pixels[..., :3]).mean() < 0.5
    assert png[25] == 3  # colour type of the header: palette
    assert len(png) < 30_000


def test_a_live_frame_equals_the_picture_drawn_from_nothing(steps):
    live = Live(ClickImage(), Dots())
    for n in (12, 3, 7):  # forwards and backwards: nothing of an earlier frame remains
        live.draw(steps[:n])
    drawn_once = to_png(np.array(Dots().frame(steps[:7])))
    assert (decode(live.image.png) == decode(drawn_once)).all()
    assert live.image.alt == "7 trials over x"


def test_the_image_has_the_size_of_the_figure():
    live = Live(ClickImage(), Dots())
    assert (live.image.width, live.image.height) == (720, 300)


def test_frames_drawn_by_many_threads_are_whole(steps):
    live = Live(ClickImage(), Dots())
    whole = {n: decode(to_png(np.array(Dots().frame(steps[:n])))) for n in (2, 11)}
    seen = []

    def draw(n):
        for _ in range(5):
            with live.lock:
                live.draw(steps[:n])
                seen.append((n, live.image.png))

    threads = [threading.Thread(target=draw, args=(n,)) for n in (2, 11)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(seen) == 10
    for n, png in seen:
        assert (decode(png) == whole[n]).all()


def test_a_click_comes_back_in_the_units_of_the_axes(steps):
    hits = []
    live = Live(ClickImage(lambda x, y: hits.append(live.locate(x, y))), Dots())
    live.draw(steps)
    axes = live.picture.axes
    live.image.areas = live.areas(axes)
    # where matplotlib itself puts (0.25, 10), in pixels from the lower left
    px, py = axes.transData.transform((0.25, 10.0))
    fx, fy = px / 720, 1 - py / 300
    live.image.inject(fx, fy)
    assert hits == []  # not clickable yet
    live.image.clickable = True
    live.image.inject(fx, fy)
    live.image.inject(0.01, 0.5)  # left of the axes
    assert len(hits) == 1
    assert hits[0][0] is axes and hits[0][1:] == pytest.approx((0.25, 10.0))


def test_areas_are_fractions_of_the_whole_picture_in_a_stack_too():
    class Plain(Picture):
        figsize = (4.0, 2.0)

        def build(self, fig):
            self.ax = style.axes(fig, 0.4, 0.2, 0.4, 0.2)

    above, below = Plain(), Plain()
    live = Live(ClickImage(), Stack([above, below]))
    areas = live.areas(above.ax, below.ax)
    assert areas[0] == pytest.approx((0.1, 0.05, 0.8, 0.4)) and areas[1] == pytest.approx((0.1, 0.55, 0.8, 0.4))
