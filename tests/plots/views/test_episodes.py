"""Reptile's picture: three errors over the epochs, in per cent."""

import pytest

from nasbook.nas.reptile import ReptileView
from nasbook.plots.views.episodes import EpisodesPicture, episodes


def view(epoch, error, unadapted, scratch):
    return ReptileView(epoch, 12, error, unadapted, scratch, ((0.2,) * 5,) * 6, ("skip",) * 6)


VIEWS = [view(1, 0.6, 0.8, 0.7), view(2, 0.4, 0.75, 0.7), view(3, 0.312, 0.754, 0.701)]


def test_each_line_is_its_error():
    picture = EpisodesPicture(12)
    picture.render_static(VIEWS)
    for name, line in picture.lines.items():
        assert line.get_xdata() == pytest.approx([1, 2, 3])
        assert line.get_ydata() == pytest.approx([100 * getattr(v, name) for v in VIEWS])
    assert picture.sentence() == "Epoch 3 of 12: adapted 31.2 % wrong, from scratch 70.1 %"
    assert picture.alt() == f"Errors on held-out tasks. {picture.sentence()}, without adaptation 75.4 %."


def test_the_axis_grows_where_there_are_more_epochs_than_it_was_told():
    picture = EpisodesPicture()
    picture.render_static([])
    assert picture.sentence() == "No epoch has ended yet" and picture.ax.get_xlim() == (0, pytest.approx(10.2))
    many = [view(k, 0.5, 0.5, 0.5) for k in range(1, 14)]
    assert not picture.update(many[:10]) and picture.update(many)
    assert picture.ax.get_xlim()[1] > 13 and not picture.update(many)


def test_it_draws_views_by_themselves():
    assert "error on held-out tasks (%)" in [ax.get_ylabel() for ax in episodes(VIEWS).get_axes()]
