"""Widgets go with what they are parts of: nothing of a lab stays in the kernel that nobody can see any more."""

import ipywidgets as W
import pytest
from ipywidgets.widgets.widget import _instances as kept
from widgets.simple_lab import DotsLab

import nasbook
from nasbook.widgets.parts import close, exchange, parts


def test_parts_are_children_and_theirs_with_layouts_and_styles():
    inner = W.Button(description="a")
    box = W.HBox([W.VBox([inner]), inner])
    vbox = box.children[0]
    expected = {box, vbox, inner, box.layout, vbox.layout, inner.layout, inner.style}
    found = parts(box)
    assert set(found) == expected and len(found) == len(expected)
    inner.close()
    assert inner not in parts(box)


def test_a_box_closes_with_what_it_holds_and_leaves_the_rest():
    other, before = W.HTML(), set(kept)
    tabs = W.Accordion([W.VBox([W.IntSlider(), W.Text()])])
    assert len(kept) > len(before) + 6
    close(tabs)
    assert set(kept) == before and other.comm is not None


def test_children_that_are_exchanged_are_closed_but_those_that_stay():
    stays, goes, comes = W.Button(), W.HBox([W.Button()]), W.Text()
    box = W.HBox([stays, goes])
    gone = goes.children[0]
    exchange(box, [comes, stays])
    assert box.children == (comes, stays)
    assert [w.comm is None for w in (stays, comes, stays.style, goes, gone, gone.layout)] == [False] * 3 + [True] * 3
    exchange(box, [W.VBox([stays])])  # it stays, one deeper
    assert stays.comm is not None and stays.layout.comm is not None and comes.comm is None


@pytest.mark.parametrize(
    "name", ["bayesian", "gp", "game", "prior", "spaces"]
)  # they make controls for what is searched
def test_a_lab_that_begins_anew_has_no_more_widgets_than_before(name):
    without = set(kept)
    lab = nasbook.lab(name)
    before = len(kept)
    for _ in range(2):
        lab.reset()
    assert len(kept) == before
    lab.close()
    lab.reset()
    lab.step()  # it searches on, and opens nothing that nobody could see
    assert set(kept) == without and len(lab.steps) == 1


def test_the_panel_of_an_export_that_is_opened_again_is_the_only_one():
    lab, counts = DotsLab(), []
    lab.step()
    for _ in range(3):
        lab.files.export.click()
        assert lab.files.panel.layout.display == ""
        counts.append(len(kept))
        lab.files.export.click()
    assert counts[0] == counts[1] == counts[2]


def test_spaces_of_other_decisions_leave_no_lists_behind():
    lab = nasbook.lab("spaces", space="nb201-cell")
    before = len(kept)
    lab.set(space="mlp-chain")
    assert len(kept) != before
    lab.set(space="nb201-cell")
    assert len(kept) == before


@pytest.mark.parametrize("wrong", [{"width": -1.0}, {"nothing": 1}, {"task": "nothing"}])  # the last fails in `prepare`
def test_a_lab_that_cannot_be_made_leaves_nothing(wrong):
    before = set(kept)
    with pytest.raises(ValueError):
        DotsLab(**wrong)
    assert set(kept) == before
