"""The run lab in a real JupyterLab, with a real run beside it."""

import subprocess
import sys
from collections.abc import Callable

from browser.jupyter import Notebook

STUDY = """
schema: nasbook/study@1
name: lines
task: {name: "slow:loss"}
space: {x: {type: float, low: 0, high: 1}}
method: {name: random}
budget: {trials: 400}
"""


def test_run_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('run', 'runs/first')\nlab")
    root = notebook.path.parent
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: waiting for a run")
    lab.wait_sentence("There is no run in runs/first yet")
    (root / "slow.py").write_text("import time\n\n\ndef loss(config):\n    time.sleep(0.2)\n    return config['x']\n")
    (root / "study.yaml").write_text(STUDY)
    command = [sys.executable, "-m", "nasbook.cli", "run", "study.yaml", "--out", "runs/first"]
    going = subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        lab.wait_status("of 400 trials, 1 running")
        lab.wait_frame(lab.frame + 2)  # they arrive by themselves
        lab.part("run-pause").click()
        lab.wait_status("The run is paused")
        lab.part("typed").locator("input").fill("x: 0.5")
        lab.part("run-next").click()
        lab.wait_status("was asked to try this configuration next")
        with lab.new_picture():
            lab.part("run-resume").click()
        notebook.wait("{'x': 0.5} in [t.config for t in lab.trace.trials]")
        lab.part("run-stop").click()
        lab.wait_status("The run was stopped")
        assert going.wait(120) == 130
    finally:
        going.kill()
    notebook.wait("len(lab.steps) == len(lab.trace) < 400")  # the last trial arrives with the next look
