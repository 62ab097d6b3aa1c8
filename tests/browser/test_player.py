"""Frames, questions and progress on a page that has neither kernel nor network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

import nasbook
from nasbook.course import record
from nasbook.course import still as course
from nasbook.widgets import played

ANSWERS = Path(course.__file__).with_name("answers.js")
MEASURE = """async () => {
    const root = document.querySelector('.nb-frames'), scrub = root.querySelector('.nb-scrub'), times = [];
    root.player.load();
    await Promise.all(root.player.loaded.map(image => image.decode()));
    for (let i = 0; i < 5; i++) {
        const begin = performance.now();
        scrub.dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 ? 'End' : 'Home', bubbles: true }));
        await root.querySelector('img').decode();
        times.push(performance.now() - begin);
    }
    return times.sort((a, b) => a - b)[2];
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = played.capture(nasbook.lab("bayesian", trials=4, seed=1), 5)
    made = frames.write(tmp_path_factory.mktemp("player"))
    parts = course.question_html("03.q1", ["left", "right"], "Which?") + course.outcome_html("03.q1", "right", "So.")
    parts += course.progress_html({"03": "Acquisition"}, {"03": ["03.ei"]})
    parts += course.exercise_html("03.ei", ["a first hint"], "x = 1")
    text = made.read_text(encoding="utf-8")
    script = f"<script>{ANSWERS.read_text(encoding='utf-8')}</script>"
    made.write_text(text.replace("</main>", f"{parts}</main>").replace("</body>", f"{script}</body>"), encoding="utf-8")
    return made


@pytest.fixture
def page(context: BrowserContext, file: Path) -> Page:
    opened = context.new_page()
    opened.set_default_timeout(5_000)
    opened.goto(file.as_uri())
    opened.evaluate("() => localStorage.clear()")
    opened.reload()
    yield opened
    opened.close()


def test_a_lab_is_played_by_keys_mouse_and_its_control(page: Page):
    image, count, scrub = page.locator(".nb-frames img"), page.locator(".nb-count"), page.locator(".nb-scrub")
    assert count.inner_text() == "trial 4 of 4" and "after 4 trials" in image.get_attribute("alt")
    scrub.focus()
    scrub.press("Home")
    assert count.inner_text() == "trial 0 of 4"
    scrub.press("ArrowRight")
    assert count.inner_text() == "trial 1 of 4" and scrub.get_attribute("aria-valuetext") == "trial 1 of 4"
    before = image.get_attribute("src")
    scrub.press(" ")
    page.wait_for_function("() => document.querySelector('.nb-count').textContent === 'trial 4 of 4'")
    assert image.get_attribute("src") != before and page.locator(".nb-play").inner_text().endswith("Play")
    page.get_by_label("Confidence bound").check()
    assert page.locator(".nb-control input:checked").get_attribute("value") == "2"
    print(f"{page.evaluate(MEASURE):.1f} ms a key")  # each frame has been decoded before it is asked for


def test_an_answer_is_locked_before_the_outcome_is_shown_and_nasbook_reads_the_file(page: Page, tmp_path: Path):
    outcome = page.locator(".nb-outcome table")
    assert not outcome.is_visible()
    page.get_by_label("left").check()
    page.get_by_text("Lock my answer").click()
    assert outcome.is_visible() and "left" in outcome.inner_text() and page.get_by_label("left").is_disabled()
    with page.expect_download() as download:
        page.get_by_text("Download my progress").click()
    kept = tmp_path / "progress.json"
    download.value.save_as(kept)
    found = record.Record(kept)
    assert {k: found.read()["03.q1"][k] for k in ("answer", "outcome")} == {"answer": "left", "outcome": "right"}
    assert not found.problem and record.learner_of(kept.read_bytes())
    found.update("03.ei", passed=True)
    other = kept.read_text(encoding="utf-8").replace(record.learner_of(kept.read_bytes()), "0123456789abcdef")
    kept.write_text(other, encoding="utf-8")  # a file that was begun elsewhere: the reader is the one of that file
    page.locator(".nb-progress input").set_input_files(kept)
    page.get_by_text("Restored 2 entries.").wait_for()
    with page.expect_download() as download:
        page.get_by_text("Download my progress").click()
    assert record.learner_of(download.value.path().read_bytes()) == "0123456789abcdef"
    assert "1\u00a0of\u00a01" in page.locator(".nb-progress table").inner_text()
    page.get_by_text("Ask me again").click()
    page.get_by_label("right").check()
    page.get_by_text("Lock my answer").click()
    page.get_by_text("Ask me again").click()
    with page.expect_download() as download:
        page.get_by_text("Download my progress").click()
    text = download.value.path().read_text(encoding="utf-8")
    anew, wrong = record.read_entries(text)
    asked = {k: v for k, v in anew["03.q1"].items() if k != "when"}
    assert not wrong and asked == {
        "answer": None,
        "outcome": None,
        "again": 2,
        "first": "left",
    }
    page.get_by_label("right").check()
    page.get_by_text("Lock my answer").click()
    kept.write_text(text, encoding="utf-8")
    page.locator(".nb-progress input").set_input_files(kept)
    page.get_by_role("button", name="Ask me again").wait_for(state="hidden")  # what was not answered is asked
    assert page.get_by_label("right").is_enabled()


@contextmanager
def reader(context: BrowserContext, file: Path, **ways: Any) -> Iterator[Page]:
    """The page before a reader with another device or other wishes."""
    other = context.browser.new_context(**ways)
    try:
        opened = other.new_page()
        opened.set_default_timeout(5_000)
        opened.goto(file.as_uri())
        yield opened
    finally:
        other.close()


def test_a_lab_is_played_by_touch_and_in_steps_where_motion_is_unwanted(context: BrowserContext, file: Path):
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 360, "height": 740}}
    with reader(context, file, **phone, reduced_motion="reduce") as page:
        count, play, scrub = (page.locator(f".nb-{part}") for part in ("count", "play", "scrub"))
        assert play.inner_text().endswith("Step")
        page.evaluate("() => { window.setInterval = () => { throw new Error('something moves by itself'); }; }")
        for step in (0, 1, 2):
            play.tap()
            assert count.inner_text() == f"trial {step} of 4" and play.inner_text().endswith("Step")
        box, finger = scrub.bounding_box(), page.context.new_cdp_session(page)
        for kind, part in (("Start", 0.5), ("Move", 0.75), ("Move", 1.0), ("End", None)):
            at = [] if part is None else [{"x": box["x"] + box["width"] * part - 1, "y": box["y"] + box["height"] / 2}]
            finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": at})
        page.wait_for_function("() => document.querySelector('.nb-count').textContent === 'trial 4 of 4'")
        page.get_by_label("Confidence bound").tap()
        assert page.locator(".nb-control input:checked").get_attribute("value") == "2"
        page.emulate_media(reduced_motion="no-preference")
        page.wait_for_function("() => document.querySelector('.nb-play').textContent.endsWith('Play')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_paper_has_the_last_frame_and_nothing_to_press_and_no_script_is_needed_to_read(
    context: BrowserContext, file: Path
):
    with reader(context, file) as page:
        page.locator(".nb-scrub").press("Home")
        page.evaluate("""() => addEventListener('beforeprint', () => {
            window.printed = document.querySelector('.nb-frames img').alt; })""")
        page.pdf()
        assert "after 4 trials" in page.evaluate("window.printed")
        assert page.locator(".nb-count").inner_text() == "trial 0 of 4", "not as it was before the printing"
        page.emulate_media(media="print")
        assert page.locator(".nb-frames img").is_visible()
        controls = page.locator("button, .nb-bar, .nb-control input, input[type=file]")
        assert controls.count() > 5 and not [c for c in controls.all() if c.is_visible()]
    with reader(context, file, java_script_enabled=False) as page:
        image, outcome, hint = (page.locator(at) for at in (".nb-frames img", ".nb-outcome", ".nb-hint"))
        assert image.is_visible() and "after 4 trials" in image.get_attribute("alt")
        assert outcome.is_visible() and "right" in outcome.inner_text() and page.locator(".nb-said").inner_text()
        hint.locator("summary").click()
        assert hint.locator("p").is_visible() and not page.locator("button").count()
