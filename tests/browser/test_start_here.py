"""Lesson 00 in a real JupyterLab: its lab is played, slid, clicked, scrubbed and exported, and the study runs."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import nbformat
import pytest
from browser.conftest import NOTEBOOKS
from browser.jupyter import LabInPage, Notebook
from playwright.sync_api import expect

import nasbook
from nasbook.course.lessons import load
from nasbook.scale import load_study

CELLS = [cell.source for cell in nbformat.read(NOTEBOOKS / "00_start_here.ipynb", 4).cells]
PREDICTION, EXERCISE, PROGRESS = (
    next(i for i, source in enumerate(CELLS) if asks in source)
    for asks in ('predict("00.q1")', 'exercise("00.run")', "nasbook.progress()")
)


@pytest.fixture
def lab(start_here: Notebook) -> LabInPage:
    """The lesson's lab as before its first trial."""
    lab = start_here.lab()
    if lab.button("reset").is_enabled():  # else nothing has been tried yet
        lab.button("reset").click()
    lab.wait_status("Ready: 15 trials to make")
    lab.wait_step(0)
    lab.wait_frame(start_here.ask("lab.image.frame"))
    return lab


def step(lab: LabInPage, n: int = 1) -> None:
    """Press Step so often, and wait for each trial."""
    for _ in range(n):
        made = lab.shown + 1
        lab.button("step").click()
        lab.wait_status(f"Paused after {made} of 15 trials")
        lab.wait_step(made)


@contextmanager
def slowly(lab: LabInPage) -> Iterator[None]:
    """Play so slowly that a busy page comes in time to pause it."""
    speed = lab.part("speed").locator("select")
    speed.select_option("1 a second")
    try:
        yield
    finally:
        speed.select_option("2 a second")


def test_the_lab_played_to_its_end_has_a_picture_that_is_described(lab: LabInPage, start_here: Notebook):
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 15 trials")
    lab.wait_frame(start_here.ask("lab.image.frame"))
    natural = lab.picture.evaluate("i => [i.naturalWidth, i.naturalHeight, i.complete]")
    assert natural[0] > 500 and natural[1] > 300 and natural[2]
    alt = lab.picture.get_attribute("alt")
    best = start_here.ask("lab.trace.best.value")
    assert f"{abs(best):.3g}"[:4] in alt, alt  # the description is made of the data
    for name in ("play", "step", "pause"):
        expect(lab.button(name)).to_be_disabled()


def test_play_moves_the_picture_pause_holds_it_and_step_adds_one_trial(lab: LabInPage, start_here: Notebook):
    with slowly(lab):
        with lab.new_picture():
            lab.button("play").click()
        expect(lab.button("play")).to_be_disabled()
        lab.wait("Number(lab.querySelector('.nb-status').textContent.match(/Playing: (\\d+) of 15/)?.[1]) >= 3")
        with lab.new_picture():
            pass  # it goes on by itself
        lab.button("pause").click()
        lab.wait_status("Paused after")
    made = int(re.search(r"after (\d+) of", lab.status.inner_text()).group(1))
    assert 3 <= made < 15
    assert start_here.ask("(len(lab.trace), lab.runner.state)") == [made, "paused"]
    with lab.new_picture():
        lab.button("step").click()
    lab.wait_status(f"Paused after {made + 1} of 15 trials")
    trials = start_here.ask("[[t.config['x'], t.value, t.info.get('by')] for t in lab.trace.trials]")
    assert len(trials) == made + 1
    assert all(by != "user" for _, _, by in trials), "nobody chose a trial, yet the trace says so"
    # The same seed finds the same trials in a search without any lab.
    same = nasbook.search("bayesian", "forrester", trials=made + 1, seed=2, acquisition="ei")
    assert [t.config["x"] for t in same.trials] == pytest.approx([x for x, _, _ in trials], abs=1e-6)


def test_the_sentence_tells_the_numbers_of_the_last_trial(lab: LabInPage, start_here: Notebook):
    step(lab, 2)
    x, value = start_here.ask("[lab.trace[1].trial.config['x'], lab.trace[1].trial.value]")
    said = [float(n.replace("−", "-")) for n in re.findall(r"[−-]?\d+\.?\d*", lab.sentence.inner_text())]
    for number in (x, value):
        assert any(abs(number - n) <= 0.02 * abs(number) for n in said), (number, said)


def test_a_slider_moves_with_the_mouse_and_with_the_keyboard(lab: LabInPage, start_here: Notebook):
    step(lab, 6)
    assert start_here.ask("lab.values['xi']") == 0
    with lab.new_picture():
        lab.drag("set-xi", 60)
    dragged = float(lab.root.locator(".nb-set-xi .widget-readout").inner_text())
    start_here.wait(f"abs(lab.values['xi'] - {dragged}) < 1e-9")
    assert 0.2 < dragged <= 1
    with lab.new_picture():
        lab.key("set-xi", "ArrowLeft")
    start_here.wait(f"abs(lab.values['xi'] - {dragged - 0.01}) < 1e-9")
    with lab.new_picture():
        lab.key("set-xi", "Home")
    start_here.wait("lab.values['xi'] == 0")


def test_a_click_into_the_picture_chooses_the_next_trial(lab: LabInPage, start_here: Notebook):
    step(lab, 5)
    left, bottom, width, height = start_here.ask("list(lab.picture.ax.get_position().bounds)")
    box = lab.picture.bounding_box()
    with lab.new_picture():
        lab.page.mouse.click(
            box["x"] + (left + 0.3 * width) * box["width"], box["y"] + (1 - bottom - height / 2) * box["height"]
        )
    lab.wait_sentence("You choose 0.")
    step(lab)
    lab.wait_sentence("You chose 0.")
    x, by = start_here.ask("[lab.trace[-1].trial.config['x'], lab.trace[-1].trial.info.get('by')]")
    assert x == pytest.approx(0.3, abs=1 / (width * box["width"])) and by == "user"  # to one pixel
    # Without a mouse: the slider of the next trial, and the button beside it.
    with lab.new_picture():
        lab.key("choose-x", "End")
    lab.wait_sentence("You choose 1 next")
    lab.button("try").click()
    lab.wait_status("Paused after 7 of 15 trials")
    assert start_here.ask("lab.trace[-1].trial.config['x']") == 1
    # A choice can be given back.
    with lab.new_picture():
        lab.key("choose-x", "Home")
    with lab.new_picture():
        lab.button("leave").click()
    step(lab)
    assert start_here.ask("lab.trace[-1].trial.info.get('by')") != "user"


def test_the_picture_itself_can_be_worked_by_keyboard(lab: LabInPage, start_here: Notebook):
    step(lab, 4)
    lab.root.locator(".nb-frame").focus()
    for _ in range(3):
        lab.page.keyboard.press("Shift+ArrowRight")
    with lab.new_picture():
        lab.page.keyboard.press("Enter")
    lab.wait_sentence("You choose 0.8 next")  # from the middle, three tenths to the right


def test_the_scrubber_looks_back_and_comes_forward_again(lab: LabInPage, start_here: Notebook):
    step(lab, 5)
    newest = lab.pixels()
    with lab.new_picture():
        lab.key("scrub", "ArrowLeft", "ArrowLeft")
        lab.wait_status("shown: 3")
    said = lab.sentence.inner_text()
    x = start_here.ask("lab.trace[2].trial.config['x']")
    assert f"{x:.3g}" in said
    with lab.new_picture():
        lab.drag("scrub", -600)
        lab.wait_status("shown: 0")
    with lab.new_picture():
        lab.key("scrub", *["ArrowRight"] * 5)
        lab.wait_status("Paused after 5 of 15 trials")
    lab.wait("!lab.querySelector('.nb-status').textContent.includes('shown')")
    lab.wait_frame(start_here.ask("lab.image.frame"))
    assert lab.pixels() == newest, "back at the newest step, the picture is the one that was there before"


def test_space_plays_and_pauses(lab: LabInPage):
    with slowly(lab):
        lab.root.locator(".nb-frame").focus()
        with lab.new_picture():
            lab.page.keyboard.press("Space")
        lab.wait_status("Playing")
        lab.page.keyboard.press("Space")
        lab.wait_status("Paused after")


def test_save_writes_a_trace_that_can_be_loaded(lab: LabInPage, start_here: Notebook):
    step(lab, 3)
    lab.button("save").click()
    link = lab.root.locator("a.nb-download")
    link.wait_for()
    path = start_here.folder / link.get_attribute("download")
    trace = nasbook.Trace.load(path)
    values = start_here.ask("[t.value for t in lab.trace.trials]")
    assert [t.value for t in trace.trials] == values and len(values) == 3
    with lab.page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == path.read_bytes()


def test_an_exported_study_lies_on_disk_and_runs_to_its_end(lab: LabInPage, start_here: Notebook, tmp_path):
    step(lab, 4)
    best = start_here.ask("lab.trace.best.config['x']")
    lab.button("export").click()
    trials = lab.root.locator(".nb-target-trials input")
    expect(trials).to_have_value("40")
    trials.fill("6")
    trials.press("Tab")
    expect(lab.part("cost")).to_contain_text("6 trials")
    # The lesson's own study lies there already: it is not replaced unasked.
    lab.button("write").click()
    expect(lab.part("said")).to_contain_text("study.yaml exists")
    assert load_study(start_here.folder / "study.yaml").task.name == "digits-mlp"
    lab.root.locator(".nb-replace input").check()
    lab.button("write").click()
    lab.root.locator("a.nb-download[download='study.yaml']").wait_for()

    study = start_here.folder / "study.yaml"
    command = [sys.executable, "-m", "nasbook.cli", "run", str(study), "--out", str(tmp_path / "run")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    trace = nasbook.Trace.load(tmp_path / "run" / "trace.jsonl")
    assert len(trace) == 6 and trace.header.method.endswith("bayesian")
    assert trace[0].trial.config["x"] == pytest.approx(best), "the notebook's best comes first"
    assert trace.best.value <= start_here.ask("lab.trace.best.value") + 1e-12


def test_a_locked_prediction_stays_locked(start_here: Notebook):
    question = start_here.cell(PREDICTION)
    lock = question.locator("button.nb-lock")
    lock.click()
    expect(question.locator(".nb-note").filter(visible=True)).to_contain_text("Choose one of the answers first")
    answer = question.locator(".nb-options label", has_text="50 to 90 %")
    answer.click()
    lock.click()
    expect(question.locator(".nb-note").filter(visible=True)).to_contain_text("Locked: it gets 50 to 90 % right")
    expect(lock).to_be_disabled()
    start_here.run_cell(PREDICTION)
    expect(question.locator(".nb-note").filter(visible=True)).to_contain_text("Locked: it gets 50 to 90 % right")
    expect(lock).to_be_disabled()
    for option in question.locator(".nb-options input").all():
        expect(option).to_be_disabled()
    assert (start_here.folder / "nasbook_progress.json").exists()


def test_an_exercise_gives_two_hints_and_then_its_solution(start_here: Notebook):
    exercise = start_here.cell(EXERCISE)
    known = next(e for e in load("00") if e.name == "00.run")
    shown = exercise.locator(".nb-shown")
    for n in (1, 2):
        exercise.locator("button.nb-hint").click()
        expect(shown).to_contain_text(f"Hint {n}.")
    expect(shown).to_contain_text("Hint 1.")
    exercise.locator("button.nb-solution").click()
    expect(shown.locator("pre")).to_have_text(known.solution)


def test_progress_is_a_table_that_can_be_carried_away_and_brought_back(start_here: Notebook):
    start_here.run_cell(PROGRESS)
    table = start_here.cell(PROGRESS)
    expect(table.locator("table").filter(visible=True)).to_contain_text("Start here")
    with start_here.page.expect_download() as download:
        table.locator(".nb-download a").click()
    kept = json.loads(download.value.path().read_text())
    kept["entries"].setdefault("00.best", {})["passed"] = True
    with start_here.page.expect_file_chooser() as chooser:
        table.locator("button.nb-restore, .nb-restore button").first.click()
    chooser.value.set_files([{"name": "p.json", "mimeType": "application/json", "buffer": json.dumps(kept).encode()}])
    expect(table.locator(".nb-note").filter(visible=True)).to_contain_text("Restored")
    expect(table.locator("tr", has_text="Start here").filter(visible=True)).to_contain_text("1 of 2")
