"""A picture that is dragged in: what the page's messages become."""

import pytest

from nasbook.widgets.pick import ClickImage

AREA = (0.1, 0.2, 0.6, 0.5)


def image(**traits):
    told = []
    made = ClickImage(lambda x, y: told.append(("pick", x, y)), areas=[AREA], **traits)
    made.on_drag = lambda *message: told.append(message)
    return made, told


def send(made, kind, x=0.3, y=0.3):
    made._handle_custom_msg({"kind": kind, "x": x, "y": y}, [])


def test_messages_arrive_in_order_and_stay_inside():
    made, told = image(clickable=True, draggable=True)
    send(made, "grab")
    send(made, "drag", 0.4, 0.9)
    send(made, "drop", -1.0, 0.25)
    send(made, "remove", 0.6, 0.6)
    expected = [("grab", 0.3, 0.3), ("drag", 0.4, 0.7), ("drop", 0.1, 0.25), ("remove", 0.6, 0.6)]
    assert [(k, pytest.approx(x), pytest.approx(y)) for k, x, y in expected] == told


def test_grabs_outside_of_the_areas_and_unknown_messages_are_ignored():
    made, told = image(clickable=True, draggable=True)
    send(made, "grab", 0.05, 0.3)
    send(made, "remove", 0.9, 0.3)
    send(made, "throw")
    assert told == []


def test_a_picture_is_clicked_or_dragged_never_both():
    made, told = image(clickable=True)
    for kind in ("grab", "drag", "drop", "remove"):
        send(made, kind)
    assert told == []
    send(made, "pick")
    made.draggable = True
    send(made, "pick")
    assert told == [("pick", 0.3, 0.3)]
    made.clickable = False
    send(made, "grab")
    assert len(told) == 1
