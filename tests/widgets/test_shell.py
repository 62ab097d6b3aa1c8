"""The shell of a lab, through its real callbacks and with no page."""

import base64
import html
import json
import re
import threading
import time
from types import SimpleNamespace

import pytest
import yaml
from waiting import PATIENCE, until
from widgets.simple_lab import DotsLab, pixels

import nasbook
from nasbook.course.running import client
from nasbook.widgets.files import Files
from nasbook.widgets.shell import Lab, choose, count, slide, tick


def words(widget):
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


def by_class(widget, name):
    """The widget of a class that the browser's tests look for."""
    found = [w for w in walk(widget) if name in getattr(w, "_dom_classes", ())]
    assert len(found) == 1, f"{name}: {len(found)} widgets"
    return found[0]


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


# ---- running -------------------------------------------------------------------------------------------


def test_the_lab_leaves_the_same_trace_as_a_search():
    lab = DotsLab(trials=15, seed=3)
    trace = lab.run()
    assert trace.digest == nasbook.search("random", "forrester", trials=15, seed=3).digest
    assert trace.header.differences(nasbook.search("random", "forrester", trials=1, seed=3).header) == []
    assert lab.runner.state == "done" and words(lab._status) == "Done: 15 trials"


def test_something_is_shown_before_the_first_step():
    lab = DotsLab()
    assert words(lab._status) == "Ready: 12 trials to make"
    assert "Step makes one trial" in words(lab._sentence)
    assert pixels(lab).shape == (300, 720, 3) and lab.image.alt == "0 trials over x"


def test_step_waits_and_the_sentence_tells_what_happened():
    lab = DotsLab()
    lab.step()
    lab.step(4)
    assert len(lab.steps) == 5 and words(lab._status) == "Paused after 5 of 12 trials"
    last = lab.steps[-1].trial
    assert words(lab._sentence) == f"Tried {last.config['x']:.2f} and found {last.value:.2f}."
    assert lab.image.alt == "5 trials over x"


def test_the_buttons_do_what_they_say_and_say_why_they_cannot():
    lab = DotsLab(trials=60)
    play, pause, step, reset = (by_class(lab, f"nb-{n}") for n in ("play", "pause", "step", "reset"))
    by_class(lab, "nb-speed").value = 5.0
    assert [b.disabled for b in (play, pause, step, reset)] == [False, True, False, True]
    assert pause.tooltip == "Nothing is playing." and "nothing to reset" in reset.tooltip
    play.click()
    until(lambda: len(lab.steps) >= 2)
    assert play.disabled and not pause.disabled and "playing already" in play.tooltip
    pause.click()
    lab.wait()
    n = len(lab.steps)
    assert 2 <= n < 60 and not play.disabled
    step.click()
    lab.wait()
    assert len(lab.steps) == n + 1
    reset.click()
    assert len(lab.steps) == 0 and lab.trace is None and reset.disabled
    assert lab.image.alt == "0 trials over x"
    lab.run()
    assert play.disabled and step.disabled and "Reset begins it again" in step.tooltip


def test_space_plays_and_pauses():
    lab = DotsLab(trials=60)
    lab._keyboard._handle_custom_msg({"kind": "space"}, [])
    until(lambda: lab.runner.state == "playing")
    lab._keyboard._handle_custom_msg({"kind": "space"}, [])
    lab.wait()
    assert lab.runner.state == "paused" and 0 < len(lab.steps) < 60


# ---- the scrubber ----------------------------------------------------------------------------------------


def test_the_scrubber_follows_the_search_and_shows_earlier_steps():
    lab = DotsLab()
    scrub = by_class(lab, "nb-scrub")
    assert scrub.disabled
    lab.step(6)
    assert (scrub.min, scrub.max, scrub.value, scrub.disabled) == (0, 6, 6, False)
    six = lab.image.png
    scrub.value = 2
    assert lab.image.alt == "2 trials over x" and words(lab._status).endswith("shown: 2")
    assert words(lab._sentence).startswith(f"Tried {lab.steps[1].trial.config['x']:.2f}")
    scrub.value = 0
    assert "Nothing has been tried yet" in words(lab._sentence)
    scrub.value = 6
    assert lab.image.png == six and words(lab._status) == "Paused after 6 of 12 trials"
    scrub.value = 3
    lab.step()
    assert scrub.value == 7 and lab.image.alt == "7 trials over x"


def test_moving_the_scrubber_while_playing_pauses():
    lab = DotsLab(trials=60)
    lab.play()
    scrub = by_class(lab, "nb-scrub")
    until(lambda: scrub.value >= 2)  # at 1, moving it to 1 would be no move
    scrub.value = 1
    lab.wait()
    assert lab.runner.state == "paused" and lab.at == 1 and lab.image.alt == "1 trials over x"


@pytest.mark.parametrize("i", [-1, 4, 1.0, True])
def test_scrub_refuses_steps_that_do_not_exist(i):
    lab = DotsLab()
    lab.step(3)
    with pytest.raises(ValueError, match="0 … 3"):
        lab.scrub(i)


# ---- settings --------------------------------------------------------------------------------------------


def test_a_setting_of_the_search_starts_it_again_and_says_so():
    lab = DotsLab()
    lab.step(3)
    by_class(lab, "nb-set-seed").value = 7
    assert lab.steps == [] and "Seed changed, so the search starts again" in words(lab._status)
    lab.step()
    assert lab.trace.header.seed == 7 and "changed" not in words(lab._status)


def test_a_setting_of_the_view_draws_at_once_and_keeps_the_steps():
    lab = DotsLab()
    lab.step(3)
    before = lab.image.frame
    by_class(lab, "nb-set-band").value = False
    assert lab.image.frame == before + 1 and len(lab.steps) == 3


@pytest.mark.parametrize("how", ["click", "control"])
def test_what_a_user_does_is_undisturbed_and_may_wait_for_the_search(how):
    """A restart from elsewhere exchanges nothing before the click has been dealt with, and a step that the click waits
    for is made when it has."""
    lab, seen, inside = DotsLab(task="forrester"), [], threading.Event()

    def act(*_):
        inside.set()
        time.sleep(0.3)  # long enough for the restart to come between, if it could
        seen.append((lab.method, len(lab.steps)))
        lab.step(2)

    lab.picked = act
    before = lab.method
    do = (lambda: lab.image.inject(0.5, 0.5)) if how == "click" else (lambda: lab._guarded(act))
    user = threading.Thread(target=do)
    user.start()
    assert inside.wait(PATIENCE)
    lab.restart()
    user.join(PATIENCE)
    assert not user.is_alive() and lab.error is None
    assert seen == [(before, 0)] and lab.method is not before
    do()
    assert len(lab.steps) == 2 and seen[-1] == (lab.method, 0)


def test_a_live_setting_calls_changed_once_for_each_new_value():
    lab = DotsLab()
    lab.set(width=0.5)
    lab.set(width=0.5)
    lab.set(width=0.25)
    assert lab.changes == [("width", 0.5), ("width", 0.25)]


def test_a_value_off_the_sliders_grid_survives_the_page_that_rounds_it():
    lab = DotsLab()
    lab.set(width=0.33)
    lab.controls["width"].value = 10 ** (-2 + round(10 * 1.518514) / 10)  # what a page sends back for it
    assert lab.values["width"] == 0.33 and lab.changes == [("width", 0.33)]
    lab.controls["width"].value = 10**-1.0  # a person's move
    assert lab.values["width"] == pytest.approx(0.1) and len(lab.changes) == 2


def test_a_control_that_was_disabled_in_the_meantime_goes_back_to_what_is_in_force():
    """A slow page sends a value that could be chosen when it was chosen: it must not stay beside one in force."""
    lab = DotsLab()
    for name, late in (("trials", 30), ("width", 0.01)):
        before = lab.values[name]
        lab._settings[name].enable("not now")
        lab.controls[name].value = late
        assert lab.values[name] == before == lab._settings[name].value != late
        lab._settings[name].enable()
        lab.controls[name].value = late
        assert lab.values[name] == late


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"taks": "forrester"}, "did you mean 'task'"),
        ({"colour": 1}, "it has task, trials, width, seed, band"),
        ({"task": "sphere"}, "task must be one of 'forrester', 'nothing', not 'sphere'"),
        ({"trials": 100}, r"trials must lie in \[5, 60\], not 100"),
        ({"trials": 7.5}, "trials must be a whole number, not 7.5"),
        ({"width": 3.0}, r"width must lie in \[0.01, 1\], not 3"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(values, said):
    with pytest.raises(ValueError, match=said):
        DotsLab(**values)
    lab = DotsLab()
    with pytest.raises(ValueError, match=said):
        lab.set(**values)
    assert lab.values["trials"] == 12  # nothing has changed


def test_every_control_explains_itself():
    lab = DotsLab()
    for name, widget in lab.controls.items():
        assert len(widget.tooltip) > 10 and widget.description, name
    for name in ("play", "pause", "step", "reset", "speed", "scrub", "export", "save"):
        assert by_class(lab, f"nb-{name}").tooltip


def test_settings_that_matter_less_stand_under_more():
    lab = DotsLab()
    toggle = by_class(lab, "nb-more-button")
    inside = next(w for w in walk(lab) if lab.controls["seed"] in getattr(w, "children", ()))
    assert inside.layout.display == "none" and lab.controls["band"] in inside.children
    toggle.value = True
    assert inside.layout.display != "none" and toggle.description == "Less"


def test_the_order_of_the_parts_is_the_reading_order():
    lab = DotsLab()
    order = ["play", "pause", "step", "reset", "speed", "status", "scrub", "set-task", "picture", "sentence", "export"]
    classes = [c for w in walk(lab) for c in getattr(w, "_dom_classes", ()) if c.removeprefix("nb-") in order]
    assert classes == [f"nb-{n}" for n in order]


# ---- what goes wrong ---------------------------------------------------------------------------------------


def test_an_exception_of_the_search_is_shown_and_raised():
    lab = DotsLab()
    lab.broken = "search"
    with pytest.raises(RuntimeError, match="out of order"):
        lab.run()
    assert "RuntimeError: the objective is out of order" in words(lab._sentence)
    assert words(lab._status) == "Stopped by an error after 2 of 12 trials"
    assert len(lab.trace) >= 2  # what was computed is still there
    lab.broken = None
    lab.reset()
    assert "out of order" not in words(lab._sentence) and len(lab.run()) == 12


def test_an_exception_while_drawing_is_shown_and_the_search_goes_on():
    lab = DotsLab()
    lab.broken = "frame"
    with pytest.raises(ZeroDivisionError):
        lab.run()
    assert len(lab.steps) == 12 and "ZeroDivisionError: no room to draw" in words(lab._sentence)


def test_an_exception_in_a_callback_is_shown_and_raised_for_python():
    lab = DotsLab()
    lab.broken = "changed"
    lab.controls["width"].value = 0.5  # as a page would: nothing may be raised into the void
    assert words(lab._sentence) == "width does not fit" and isinstance(lab.error, ValueError)
    with pytest.raises(ValueError, match="does not fit"):
        lab.set(width=0.2)
    lab.broken = None
    lab.controls["band"].value = False  # the next thing that works takes the message away
    assert lab.error is None and "does not fit" not in words(lab._sentence)


def test_a_setting_that_cannot_be_prepared_is_shown_and_mended_by_another():
    lab = DotsLab()
    lab.controls["task"].value = "nothing"
    assert "there is no task 'nothing'" in words(lab._sentence)
    assert words(lab._status).startswith("Not ready") and by_class(lab, "nb-play").disabled
    with pytest.raises(ValueError, match="there is no task"):
        lab.run()
    lab.controls["task"].value = "forrester"
    assert lab.error is None and len(lab.run()) == 12
    with pytest.raises(ValueError, match="there is no task 'nothing'"):
        DotsLab(task="nothing")


def test_words_of_an_exception_cannot_become_markup():
    lab = DotsLab()
    lab.report(ValueError("<script>alert(1)</script>"))
    assert "<script>" not in lab._sentence.value and "&lt;script&gt;" in lab._sentence.value


def test_callbacks_may_come_from_any_thread():
    lab = DotsLab(trials=60)
    lab.play()

    def press():
        for width in (0.2, 0.3, 0.4, 0.5):
            lab.controls["width"].value = width
            lab.controls["band"].value = not lab.controls["band"].value

    threads = [threading.Thread(target=press) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(lab.wait()) == 60 and lab.error is None
    assert lab.image.alt == "60 trials over x"


# ---- clicks, stills, files -----------------------------------------------------------------------------------


def test_a_click_reaches_the_lab_in_the_units_of_the_axes():
    lab = DotsLab()
    px, py = lab.picture.axes.transData.transform((0.5, 0.0))
    lab.image.inject(px / 720, 1 - py / 300)
    lab.image.inject(0.001, 0.001)
    [(axes, x, y)] = lab.clicks
    assert axes is lab.picture.axes and (x, y) == pytest.approx((0.5, 0.0), abs=1e-9)


def test_a_renderer_without_widgets_gets_the_picture_and_its_words():
    lab = DotsLab()
    lab.step(2)
    bundle = lab._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == lab.image.png
    assert bundle["text/plain"] == "2 trials over x"
    assert bundle["text/html"] == f'<img alt="2 trials over x" src="data:image/png;base64,{bundle["image/png"]}">'
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_save_writes_a_trace_that_loads_and_never_overwrites(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = DotsLab()
    save = by_class(lab, "nb-save")
    assert save.disabled and "make a trial first" in save.tooltip
    lab.step(3)
    save.click()
    lab.step(2)
    save.click()
    one, two = (nasbook.Trace.load(p) for p in ("dots-forrester-seed0.jsonl", "dots-forrester-seed0-2.jsonl"))
    assert (len(one), len(two)) == (3, 5) and two.digest == lab.trace.digest
    said = lab.files.said.value
    assert "5 trials saved in" in words(lab.files.said)
    data = re.search(r"href='data:[^,]*,([^']*)'", said).group(1)
    assert base64.b64decode(data) == (tmp_path / "dots-forrester-seed0-2.jsonl").read_bytes()


def test_export_shows_the_cost_first_and_writes_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = DotsLab()
    lab.step(4)
    by_class(lab, "nb-export").click()
    trials = by_class(lab, "nb-target-trials")
    assert trials.value == 40 and "40 trials" in words(by_class(lab, "nb-cost"))
    trials.value = 200
    assert "200 trials" in words(by_class(lab, "nb-cost"))
    by_class(lab, "nb-write").click()
    study = yaml.safe_load((tmp_path / "study.yaml").read_text())
    assert study["budget"]["trials"] == 200 and json.dumps(study["task"]).count("forrester") == 1
    assert "Study made from 4 trials, written to study.yaml" in words(lab.files.said)

    (tmp_path / "study.yaml").write_text("mine")
    by_class(lab, "nb-write").click()
    assert "study.yaml exists" in words(lab.files.said) and (tmp_path / "study.yaml").read_text() == "mine"
    by_class(lab, "nb-replace").value = True
    by_class(lab, "nb-write").click()
    assert "budget" in (tmp_path / "study.yaml").read_text()


def test_export_at_another_size_shows_what_becomes_of_each_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = nasbook.task("digits-mlp", epochs=1, train=100, device="cpu")
    lab = SimpleNamespace(
        name="mlp", unit="trial", task=task, trace=nasbook.search("random", task, trials=2), keeps=lambda: "2 trials"
    )
    files = Files(lab)
    files.export.click()
    shown = {name for child in files.panel.children for name in child._dom_classes}
    assert {"nb-target-scale-width", "nb-target-scale-depth", "nb-target-scale-batch", "nb-target-rules"} <= shown
    assert "scale" not in files.target and files.changes.value == ""
    files.fields["scale-width"].value = 8
    assert "kept by maximal update parametrisation" in files.changes.value and "1/8" in files.changes.value
    files.fields["rules"].value = False
    assert "no rules were wanted" in files.changes.value
    files.fields["rules"].value = True
    files.fields["scale-data"].value = 1000  # more than there is
    assert "role='alert'" in files.said.value and "train=100000" in files.said.value
    files.fields["scale-data"].value = 1
    by_class(files, "nb-write").click()
    study = yaml.safe_load((tmp_path / "study.yaml").read_text())
    assert study["scale"]["by"] == {"width": 8} and study["first"][0]["width"] == 8 * lab.trace.best.config["width"]


def test_what_cannot_be_written_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = DotsLab()
    lab.step(2)
    by_class(lab, "nb-export").click()
    (tmp_path / "folder.yaml").mkdir()
    by_class(lab, "nb-file").value = "folder.yaml/study.yaml/x.yaml"
    (tmp_path / "folder.yaml" / "study.yaml").write_text("a file, not a folder")
    by_class(lab, "nb-write").click()
    assert "role='alert'" in lab.files.said.value


def test_settings_check_their_own_effect():
    with pytest.raises(ValueError, match="effect must be one of search, view, live"):
        tick("a", "A", True, "A sentence.", effect="sometimes")
    assert choose("a", "A", [1, 2], 1, "A sentence.").effect == "search"
    assert count("n", "N", 1, 0, 5, "A sentence.").widget.value == 1
    assert slide("s", "S", 0.5, 0.0, 1.0, 0.1, "A sentence.").widget.continuous_update is False


def test_a_lab_must_say_what_it_is():
    with pytest.raises(NotImplementedError):
        Lab()


@pytest.mark.notebook
def test_a_notebook_with_no_page_runs_a_lab_and_keeps_its_picture(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("nbclient")

    cells = [
        "import nasbook\nlab = nasbook.lab('bayesian', trials=6)\nlab",
        "lab.step(4); lab.choose(x=0.3); lab.set(acquisition='ucb'); lab.run().digest",
        "lab.play(); lab.wait(); lab.scrub(2); print(lab.image.alt)",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    with client(book, tmp_path) as kernel:
        kernel.execute()
    live, still = (output.data for output in book.cells[0].outputs)
    assert list(live) == ["application/vnd.jupyter.widget-view+json"]
    assert "after 2 trials" in still["text/plain"], "the still is not of what was shown last"
    assert f'alt="{still["text/plain"]}" src="data:image/png;base64,iVBOR' in still["text/html"]
    assert "A still, for a page without a kernel. Run this cell to make it live." in still["text/html"]
    assert len(still["text/html"]) < 100_000
    assert "after 2 trials" in book.cells[2].outputs[0].text


# ---- restarts are whole ------------------------------------------------------------------------------------


class SlowLab(DotsLab):
    """Its first step waits until it is let go, as a long training does."""

    def prepare(self):
        super().prepare()
        self.begun, self.go, self.made = threading.Event(), threading.Event(), self.method

    def make_search(self):
        begun, go, method = self.begun, self.go, self.method
        begun.set()
        assert go.wait(PATIENCE)
        assert self.method is method, "the lab was prepared anew while a step was made"
        yield from super().make_search()


def test_a_change_waits_for_the_step_that_is_made_and_throws_it_away():
    lab = SlowLab()
    begun, go = lab.begun, lab.go
    lab.play()
    assert begun.wait(PATIENCE)
    changing = threading.Thread(target=lambda: lab.set(seed=5))
    changing.start()
    until(lambda: words(lab._status).startswith("Beginning anew"))
    go.set()
    changing.join(PATIENCE)
    assert not changing.is_alive() and lab.error is None and lab.steps == []
    assert words(lab._status).startswith("Ready") and lab.method.seed == 5
    lab.go.set()
    assert len(lab.run()) == 12 and lab.trace.header.seed == 5


def test_of_several_changes_that_wait_one_is_prepared_with_the_newest_settings():
    lab = SlowLab()
    begun, go, prepared = lab.begun, lab.go, []
    lab.play()
    assert begun.wait(PATIENCE)
    prepare = lab.prepare
    lab.prepare = lambda: (prepared.append(dict(lab.values)), prepare())
    changing = [threading.Thread(target=lab.restart, args=(f"{k}",)) for k in range(5)]
    lab.controls["seed"].unobserve_all("value")
    lab.controls["seed"].value = 9
    for thread in changing:
        thread.start()
    until(lambda: lab._wanted == 6)
    go.set()
    for thread in changing:
        thread.join(PATIENCE)
    assert [v["seed"] for v in prepared] == [9] and lab.method.seed == 9


def test_a_lab_that_failed_before_its_first_step_can_be_reset():
    lab = DotsLab()
    make, lab.runner._make = lab.runner._make, lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        lab.step()
    reset = by_class(lab, "nb-reset")
    assert lab.runner.state == "failed" and lab.steps == [] and not reset.disabled
    lab.runner._make = make
    reset.click()
    assert lab.error is None and len(lab.run()) == 12


def test_play_on_a_search_that_has_ended_says_what_can_be_done():
    lab = DotsLab()
    lab.run()
    assert by_class(lab, "nb-play").disabled
    lab._keyboard._message(None, {"kind": "space"}, [])  # the button is off, but the key is not
    assert words(lab._status) == "Done: 12 trials The search has ended; Reset begins it again."
    assert len(lab.run()) == 12 and lab.error is None


# ---- whoever looks -----------------------------------------------------------------------------------------


def test_a_cell_that_runs_again_stops_the_labs_of_its_earlier_run(monkeypatch):
    here = [("cell-1", "run-1")]
    monkeypatch.setattr("nasbook.widgets.cells.running_cell", lambda: here[0])
    monkeypatch.setattr("nasbook.widgets.cells._made", {})
    first, beside = DotsLab(), DotsLab()  # two labs of one run live side by side
    first.step()
    thread = first.runner.thread
    assert thread.is_alive() and first.runner.state == "paused"
    here[0] = ("cell-2", "run-2")
    other = DotsLab()
    assert first.runner.state == "paused"
    here[0] = ("cell-1", "run-3")
    second = DotsLab()
    thread.join(PATIENCE)
    assert not thread.is_alive() and len(first.steps) == 1
    assert words(first._status) == "Stopped after 1 of 12 trials Its cell has been run again."
    assert by_class(first, "nb-play").disabled and beside.runner.state == "stopped"
    assert (second.runner.state, other.runner.state) == ("ready", "ready")
    by_class(first, "nb-reset").click()
    assert len(first.run()) == 12
    here[0] = None  # a script
    assert DotsLab().runner.state == "ready" and second.runner.state == "ready"


def test_a_frame_is_one_value_and_is_sent_again_to_a_view_that_lacks_it(monkeypatch):
    lab = DotsLab()
    lab.step()
    sent = []
    monkeypatch.setattr(lab.image, "send_state", lambda key=None: sent.append(key))
    lab.image._message(None, {"kind": "begun", "frame": lab.image.frame}, [])
    assert sent == []
    lab.image._message(None, {"kind": "begun", "frame": 0}, [])
    assert sent == ["picture"]
    state = lab.image.get_state("picture")["picture"]
    assert (state["frame"], state["png"], state["alt"]) == (lab.image.frame, lab.image.png, lab.image.alt)
    lab.image._message(None, {"kind": "shown", "frame": 2}, [])
    assert lab.image.shown == 2
