"""Frames, questions and progress on a page that has neither kernel nor network."""

from pathlib import Path

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


@pytest.fixture
def page(context: BrowserContext, tmp_path: Path) -> Page:
    frames = played.capture(nasbook.lab("bayesian", trials=4, seed=1), 5)
    file = frames.write(tmp_path)
    parts = course.question_html("03.q1", ["left", "right"], "Which?") + course.outcome_html("03.q1", "right", "So.")
    parts += course.progress_html({"03": "Acquisition"}, {"03": ["03.ei"]})
    text = file.read_text(encoding="utf-8")
    script = f"<script>{ANSWERS.read_text(encoding='utf-8')}</script>"
    file.write_text(text.replace("</main>", f"{parts}</main>").replace("</body>", f"{script}</body>"), encoding="utf-8")
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
    assert "1 of 1" in page.locator(".nb-progress table").inner_text()
