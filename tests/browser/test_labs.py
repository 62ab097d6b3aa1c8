"""Each lab in a real JupyterLab: it opens, plays, and a control changes what it shows. What goes wrong is said."""

import base64
import io
import re
import subprocess
import sys
from collections.abc import Callable

import nbformat
import numpy as np
from browser.jupyter import Notebook
from PIL import Image

from nasbook.course.running import client

Open = Callable[..., Notebook]


def test_evolution_lab(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('evolution', population=8, trials=40, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 40 trials to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 40 trials")
    best = 100 * (1 - notebook.ask("lab.trace.best.value"))
    lab.wait_frame(notebook.ask("lab.image.frame"))
    alt = lab.picture.get_attribute("alt")
    assert any(abs(float(number) - best) < 0.06 for number in re.findall(r"\d+\.\d+", alt)), (best, alt)
    # Looking back: the sentence names the parent that the method drew.
    lab.key("scrub", "ArrowLeft")
    lab.wait_status("shown: 39")
    lab.wait_sentence(f"; {notebook.ask('lab.steps[38].view.parent') + 1} was the best of them")
    # A setting of the search begins it again, and says so.
    with lab.new_picture():
        lab.key("set-sample", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    lab.wait_status("so the search starts again")
    lab.wait("lab.querySelector('.nb-set-sample .widget-readout').textContent === '1'")
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 40 trials")
    assert notebook.ask("[lab.method.settings.sample, lab.method.settings.population]") == [1, 8]


def test_darts_lab(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('darts', epochs=4, channels=2, seed=0)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 4 epochs to make")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 4 epochs")
    lab.wait_step(4)
    cell, accuracy = notebook.ask("[lab.steps[-1].view.cell, lab.steps[-1].view.val_accuracy]")
    lab.wait_sentence(f"the supernet gets {100 * accuracy:.1f} % of the validation images right")
    rank = notebook.ask(f"lab.table.rank({tuple(cell)!r})")
    lab.wait_sentence(f"rank {rank:,} of 5,044")
    with lab.new_picture():
        lab.key("scrub", "Home")
        lab.wait_status("shown: 0")
    with lab.new_picture():
        lab.key("set-epochs", "ArrowRight")
        lab.wait_status("Ready: 5 epochs to make")


def test_race_lab(open_notebook: Open):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('race', methods=['regularized-evolution'], seeds=3, trials=30)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 3 rounds to make")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 3 rounds")
    lab.wait_sentence("mean of 3 seeds")
    ahead = notebook.ask("lab.picture.standing()[0]")
    lab.wait_sentence(f"After 30 trials {ahead} is ahead")
    assert notebook.ask("{name: [len(r.trace) for r in runs] for name, runs in lab.runs.items()}") == {
        "random": [30, 30, 30],
        "regularized-evolution": [30, 30, 30],
    }
    lab.root.get_by_role("button", name="More").click()
    with lab.new_picture():  # the other budget: time, as the table tells it
        lab.part("set-x").locator("select").select_option("time")
    lab.wait_sentence("hours")


def test_bayesian_lab_in_two_dimensions_is_clicked_in_both(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('bayesian', task='branin', trials=10, seed=0)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_frame(1)
    left, bottom, width, height = notebook.ask("list(next(iter(lab.picture.maps.values())).get_position().bounds)")
    box = lab.picture.bounding_box()
    with lab.new_picture():
        lab.page.mouse.click(
            box["x"] + (left + 0.75 * width) * box["width"], box["y"] + (1 - bottom - 0.25 * height) * box["height"]
        )
    lab.wait_sentence("You choose")
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 10 trials")
    u = notebook.ask("list(lab.task.space.encode(lab.trace[0].trial.config))")
    assert np.allclose(u, [0.75, 0.25], atol=0.02)


BROKEN = """
import nasbook

def objective(config):
    if config["x"] > 0.5:
        raise RuntimeError("the oven is too hot")
    return config["x"]

lab = nasbook.lab("bayesian", task=objective, space=nasbook.Space(x=nasbook.Float(0, 1)), trials=8, seed=0)
lab
"""


def test_a_trial_that_fails_is_told_in_words_and_the_lab_goes_on(open_notebook: Open):
    notebook = open_notebook(BROKEN)
    notebook.run()
    lab = notebook.lab()
    lab.wait_frame(1)
    with lab.new_picture():
        lab.key("choose-x", "End")
    lab.button("try").click()
    lab.wait_sentence("the oven is too hot")
    lab.wait_status("Paused after 1 of 8 trials")
    assert notebook.ask("lab.trace[0].trial.status") == "failed"
    lab.button("play").click()
    lab.wait_status("Done: 8 trials")
    assert notebook.ask("[t.status for t in lab.trace.trials].count('done')") >= 4


def test_the_page_shows_a_lab_again_after_a_reload(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('bayesian', trials=6, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 6 trials")
    with notebook.page.expect_response("**/api/contents/**", timeout=40_000):
        notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    notebook.open(str(notebook.path.relative_to(notebook.server.root)), load=True)
    lab = notebook.lab()
    lab.wait_status("Paused after 1 of 6 trials")
    with lab.new_picture():
        lab.button("step").click()
    lab.wait_status("Paused after 2 of 6 trials")


def test_a_cell_that_runs_again_leaves_one_lab_in_the_kernel(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('evolution', trials=20)\nlab", "lab")
    notebook.run()
    notebook.lab().wait_status("Ready: 20 trials to make")
    kept = "len(__import__('ipywidgets').widgets.widget._instances)"
    one = notebook.ask(kept)
    for _ in range(2):
        notebook.run_cell(1)  # the cell below still shows the lab of the run before
        notebook.lab().wait_status("Ready: 20 trials to make")
        notebook.run_cell(2)
        notebook.wait(f"{kept} == {one}")
    lab = notebook.lab()
    with lab.new_picture():
        lab.button("step").click()
    lab.wait_status("Paused after 1 of 20 trials")


def test_without_a_kernel_a_still_picture_with_its_description_remains(tmp_path):
    """What nbconvert, a mail or a code host shows of an executed notebook: PNG first, and words for it."""
    source = "import nasbook\nlab = nasbook.lab('bayesian', trials=5)\nlab.run()\nlab"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with client(notebook, tmp_path) as kernel:
        kernel.execute()
    nbformat.write(notebook, tmp_path / "lab.ipynb")
    _, shown = notebook.cells[0].outputs  # the lab, and its still
    png = base64.b64decode(re.search(r"data:image/png;base64,([^\"]*)", shown.data["text/html"]).group(1))
    picture = Image.open(io.BytesIO(png))
    assert picture.width >= 600 and len(picture.convert("RGB").getcolors(10**6)) > 20, "the picture is empty"
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "html",
        "lab.ipynb",
        '--NbConvertBase.display_data_priority=["text/html","image/png","text/plain"]',
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "lab.html").read_text()
    (tag,) = re.findall(r"<img[^>]*base64[^>]*>", page)
    assert base64.b64encode(png).decode() in tag.replace("\n", "")
    alt = re.search(r'alt="([^"]*)"', tag).group(1)
    assert "after 5 trials" in alt, alt
