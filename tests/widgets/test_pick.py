"""A message from the page is a click, and a page that lags is noticed."""

from nasbook.widgets.pick import ClickImage


def test_a_message_from_the_page_is_a_click():
    hits = []
    image = ClickImage(lambda x, y: hits.append((x, y)), clickable=True, areas=[(0.1, 0.1, 0.8, 0.8)])
    image._handle_custom_msg({"kind": "pick", "x": 0.5, "y": 0.25}, [])
    image._handle_custom_msg({"kind": "pick", "x": 0.05, "y": 0.25}, [])
    image._handle_custom_msg({"kind": "other"}, [])
    assert hits == [(0.5, 0.25)]


def test_behind_tells_when_a_page_lags_and_never_without_a_page():
    image = ClickImage()
    for _ in range(5):
        image.put(b"png", "words")
    assert not image.behind  # no page has answered: nobody to wait for
    image.shown = 5
    assert not image.behind
    image.put(b"png", "words")
    image.put(b"png", "words")
    assert image.behind
    image.shown = 6
    assert not image.behind
