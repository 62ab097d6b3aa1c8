"""The recipes that need PyTorch and scikit-learn only: each study runs, is stopped early, and goes on."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from waiting import until

import nasbook
from nasbook.evaluation import evaluate
from nasbook.scale import load_study, run
from nasbook.trace import Trial

FOLDER = Path(nasbook.__file__).parents[1] / "notebooks" / "recipes"


RECIPES = sorted(FOLDER.glob("*.py"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_is_short_and_has_a_study_that_names_it(recipe):
    assert len(recipe.read_text().splitlines()) <= 65
    study = load_study(recipe.with_suffix(".yaml"))
    named = study.task.arguments.get("command", study.task.name.replace(":", ".py "))
    assert recipe.name in named and recipe.with_suffix(".yaml").name in recipe.read_text()


def test_all_recipes_are_tested():
    peers = Path(__file__).parents[1] / "peers" / "test_recipes.py"
    text = Path(__file__).read_text() + peers.read_text()
    assert len(RECIPES) == 7 and all(f'"{p.stem}.yaml"' in text for p in RECIPES)


def test_a_pytorch_loop_is_promoted():
    study = load_study(FOLDER / "torch_loop.yaml")
    task = study.make_task()
    task.fidelity = study.fidelity.of(task)
    trace = nasbook.search(study.make_method(), task, trials=6)
    assert [t.status for t in trace.trials] == ["done"] * 6, [t.reason for t in trace.trials]
    promoted = [t for t in trace.trials if t.fidelity == 3]
    assert promoted and all([e for e, _ in t.curve] == [2.0, 3.0] for t in promoted)


def test_a_pytorch_loop_goes_on_bit_for_bit(tmp_path):
    task = load_study(FOLDER / "torch_loop.yaml").make_task()
    trial = Trial(0, {"lr": 0.01, "width": 8})
    whole, state = [], tmp_path / "state"
    for fidelity, checkpoint in ((4, None), (2, state), (4, state)):
        asked = Trial(0, trial.config, fidelity=fidelity)
        whole.append(evaluate(task, asked, seed=1, checkpoint=checkpoint))
    straight, first, second = whole
    assert straight.curve == first.curve + second.curve and straight.value == second.value


def test_an_estimator_is_stopped_by_what_it_reports():
    study = load_study(FOLDER / "sklearn_estimator.yaml")
    trace = nasbook.search(study.make_method(), study.make_task(), trials=20)
    statuses = [t.status for t in trace.trials]
    assert set(statuses) == {"done", "pruned"} and trace.best.value < 0.7
    assert all(len(t.curve) < 12 for t in trace.trials if t.status == "pruned")


def test_a_sequence_model_by_command_line_goes_on_from_its_state(tmp_path):
    task = load_study(FOLDER / "sequence.yaml").make_task()
    state = tmp_path / "state"
    first, second = (
        evaluate(task, Trial(0, {"lr": 0.01, "hidden": 8}, fidelity=n), seed=1, checkpoint=state) for n in (1, 3)
    )
    assert [e for e, _ in first.curve] == [1.0] and [e for e, _ in second.curve] == [2.0, 3.0]
    assert second.value < first.value, second.reason


def test_a_pytorch_loop_is_killed_in_a_run_and_goes_on(tmp_path):
    """The recipe as it is copied, one configuration: its worker is killed, then the run itself, which then resumes."""
    for suffix in (".py", ".yaml"):
        (tmp_path / f"torch_loop{suffix}").write_text((FOLDER / f"torch_loop{suffix}").read_text())
    path, out = tmp_path / "torch_loop.yaml", tmp_path / "out"
    text = path.read_text().replace("max: 9}", "max: 400}").replace("{trials: 12}", "{trials: 1}")
    method = text[text.index("method:") : text.index("\nfidelity:") + 1]
    path.write_text(text.replace(method, "method: {name: random}\n"))
    straight = run(path, tmp_path / "straight").trials[0]
    command = [sys.executable, "-m", "nasbook.cli", "run", str(path), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    state = out / "checkpoints" / "0" / "state"

    def epoch():
        return torch.load(state, weights_only=True)["epoch"] if state.exists() else 0

    def workers():
        children = psutil.Process(process.pid).children()
        return [p for p in children if "nasbook.scale.worker" in (p.cmdline() if p.status() != "zombie" else ())]

    try:
        until(lambda: epoch() > 3)
        (first,) = workers()
        first.suspend()  # so that it cannot come to its end before it is killed
        kept = epoch()
        first.kill()
        until(lambda: any(p.pid != first.pid for p in workers()))  # the trial goes on in a new one
    finally:
        process.kill()  # and now the run itself
        process.wait()
    assert 3 < kept < 400
    done = run(path, out, resume=True).trials[0]
    assert done.value == straight.value and done.curve == straight.curve and len(done.curve) == 400
