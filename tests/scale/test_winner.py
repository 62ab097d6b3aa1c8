"""What a search found is trained to its end, measured on a part that no search has seen, and packed."""

import dataclasses
import json
import statistics
import subprocess
import sys

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.cli import main
from nasbook.cost import cost_of
from nasbook.scale import winner
from nasbook.scale.card import markdown
from nasbook.task import TrainsToTheEnd

SMALL = {"digits-mlp": {"epochs": 2, "train": 200}, "images": {"epochs": 2, "train": 200, "channels": 4}}
KINDS = list({(e.target, e.settings): e for e in registry.TASKS if e.family == "training"}.values())


def search(path, task="digits-mlp", trials=3, method="random"):
    made = registry.make("task", task, **SMALL.get(task, {}))
    nasbook.search(method, made, trials=trials, out=path)
    return path


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    return search(tmp_path_factory.mktemp("search") / "mlp.jsonl")


@pytest.fixture(scope="module")
def made(trace, tmp_path_factory):
    return winner.train(trace, tmp_path_factory.mktemp("made") / "w", seeds=3)


def test_the_accuracy_is_that_of_the_test_part_with_new_seeds(trace, made):
    best = nasbook.Trace.load(trace).best
    task = registry.make("task", "digits-mlp", **SMALL["digits-mlp"])
    expected = [1 - task.test(best.config, seed=seed) for seed in (1000, 1001, 1002)]
    assert made.accuracies == pytest.approx(expected, abs=0) and len(set(expected)) > 1
    assert made.card["accuracy"] == pytest.approx(statistics.mean(expected))
    assert made.card["spread"] == pytest.approx(statistics.stdev(expected))
    assert made.card["tested"] == 359
    runs = made.card["training"]["runs"]
    kept = max(runs, key=lambda run: run["validation"])  # the test part chooses nothing
    assert made.card["weights"]["seed"] == kept["seed"]


def test_the_card_says_what_it_is_and_what_it_cost(made, trace):
    card = json.loads((made.folder / "card.json").read_text())
    assert card == made.card and card["search"]["digest"] == nasbook.Trace.load(trace).digest
    assert card["parameters"] > 0 and card["flops"] > 0 and card["eager_seconds"] > 0
    cost = cost_of([run["used"] for run in card["training"]["runs"]])  # the one place where energy is reckoned
    assert card["energy"]["kwh"] == pytest.approx(cost.wh / 1000) and cost.cpu_seconds > 0
    assert cost.energy_line in markdown(card)
    page = (made.folder / "card.md").read_text()
    for words in ("random", "digits-mlp", f"{card['accuracy']:.4f}", f"± {card['spread']:.4f}", "estimate", "seed"):
        assert words in page


def test_the_file_needs_torch_alone_and_answers_bit_for_bit(made, trace, tmp_path):
    task = registry.make("task", "digits-mlp", **SMALL["digits-mlp"])
    training = task.training(made.card["config"], made.card["weights"]["seed"])
    training.learn(2)
    x = task.tensors["test"][0][:40]
    torch.save(x, tmp_path / "x.pt")
    with torch.no_grad():
        expected = training.net.eval()(x)
    code = (
        "import sys; sys.modules['nasbook'] = None\n"
        "import torch, network\n"
        f"y = network.load()(torch.load({str(tmp_path / 'x.pt')!r})).detach()\n"
        f"torch.save(y, {str(tmp_path / 'y.pt')!r})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=made.folder, check=True, timeout=120)
    assert torch.equal(torch.load(tmp_path / "y.pt"), expected)


@pytest.mark.parametrize("entry", KINDS, ids=lambda e: e.name)
def test_the_source_of_every_task_answers_as_its_network(entry):
    task = registry.make("task", entry.name)
    if not isinstance(task, TrainsToTheEnd):
        assert entry.name in {
            "digits-supernet",
            "digits-few-shot",
            "digits-gan",
            "ridge-digits",
            "logistic-cancer",
            "mlp-decays",
            "cancer-svm",
            "cancer-boosting",
        }
        return
    rng = np.random.default_rng(0)
    configs = (task.space.sample(rng) for _ in range(100))
    can = getattr(task, "architectures", None)
    config = next(c for c in configs if can is None or can.is_valid(c))
    training = task.training(config, 1)
    source, weights = task.plain(config, training.judged)
    assert "nasbook." not in source.partition('"""\n')[2] and "import nasbook" not in source
    names = {}
    exec(source, names)
    net = names["Network"]()
    net.load_state_dict(weights)
    x = task.tensors["test"][0][:5]
    assert torch.equal(net.eval()(x), training.judged.eval()(x))


def test_a_training_that_was_cut_off_goes_on_to_the_same_end(trace, made, tmp_path):
    def cut(seed, epoch, value):
        if (seed, epoch) == (1001, 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        winner.train(trace, tmp_path / "w", seeds=2, progress=cut)
    assert json.loads((tmp_path / "w/state/1000.json").read_text())["test"] == made.accuracies[0]
    assert json.loads((tmp_path / "w/state/1001.json").read_text())["epochs"] == 1
    seen = []
    again = winner.train(trace, tmp_path / "w", seeds=3, progress=lambda seed, epoch, _: seen.append((seed, epoch)))
    assert again.accuracies == made.accuracies
    assert seen == [(1001, 1), (1001, 2), (1002, 1), (1002, 2)]
    same = (again.folder / "weights.safetensors").read_bytes() == (made.folder / "weights.safetensors").read_bytes()
    assert same


def test_an_average_of_the_weights_is_what_is_judged_and_kept(tmp_path):
    path = search(tmp_path / "t.jsonl", "images", trials=1)
    made = winner.train(path, tmp_path / "w", seeds=1, arguments={"ema": 0.9}, epochs=1)
    task = registry.make("task", "images", **SMALL["images"] | {"ema": 0.9, "epochs": 1})
    names = {"__file__": str(made.folder / "network.py"), "__name__": "network"}
    exec((made.folder / "network.py").read_text(), names)
    x, y = task.tensors["test"]
    right = (names["load"]()(x[:]).argmax(-1) == y).double().mean().item()
    assert right == pytest.approx(made.accuracies[0]) and made.card["spread"] is None
    raw = torch.from_numpy(task.found.x[task.rows["test"]])
    assert torch.allclose(names["standardised"](raw), x[:])


def test_what_a_table_found_is_trained_as_a_network(tmp_path):
    path = search(tmp_path / "t.jsonl", "digits201-digits", trials=5)
    with pytest.raises(ValueError, match="digits201-digits trains no network.*a table.*--task images"):
        winner.train(path, tmp_path / "w")
    made = winner.train(path, tmp_path / "w", task="images", arguments=SMALL["images"], epochs=1, seeds=1)
    assert made.card["space"] == "nb201-cell" and made.card["search"]["task"] == "digits201-digits"


@pytest.mark.parametrize(
    ("info", "said"), [({"parent": 0}, False), ({"member": 1, "parent": 0}, True), ({"member": 1}, False)]
)
def test_a_card_says_where_a_trial_had_its_weights_from(trace, info, said):
    known = nasbook.Trace.load(trace)
    trial = dataclasses.replace(known.best, id=7, value=0.0, info=info)
    known.started(trial)
    known.ended(trial)
    assert winner.find(known).search["weights_from"] == (0 if said else None)


def refused(capsys, *words):
    assert main(["train", *map(str, words)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("nasbook: ") and said.count("\n") == 1 and "Error" not in said
    return said


def test_every_refusal_is_one_sentence(trace, made, tmp_path, capsys, monkeypatch):
    out = ("--out", tmp_path / "w")
    assert "no such file" in refused(capsys, tmp_path / "none.jsonl", *out)
    assert "no folder of a run" in refused(capsys, tmp_path, *out)
    assert "no trial 99" in refused(capsys, trace, *out, "--trial", 99)
    assert "best or the number" in refused(capsys, trace, *out, "--trial", "first")
    assert "begun with another training: its arguments differs" in refused(
        capsys, trace, "--out", made.folder, "--epochs", 1
    )
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("mine")
    assert "holds something else" in refused(capsys, trace, "--out", tmp_path / "full")
    assert "is a file" in refused(capsys, trace, "--out", tmp_path / "full/thesis.txt")
    assert "trains no network" in refused(capsys, search(tmp_path / "f.jsonl", "forrester"), *out)
    assert "nonsense" in refused(capsys, trace, *out, "--arg", "nonsense=3")
    assert "cannot train this configuration" in refused(capsys, trace, *out, "--task", "images")
    empty = nasbook.Trace(nasbook.Trace.load(trace).header)
    empty.save(tmp_path / "empty.jsonl")
    assert "no trial of this trace has succeeded" in refused(capsys, tmp_path / "empty.jsonl", *out)
    monkeypatch.setattr("nasbook.scale.onnx_file.find_spec", lambda name: None)
    assert "pip install 'nasbook[export]'" in refused(capsys, trace, *out, "--onnx")
    assert not (tmp_path / "w").exists()


def test_a_study_is_trained_by_its_run_or_by_its_first_configuration(trace, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    nasbook.scale.export(nasbook.Trace.load(trace), "study.yaml", epochs=1, trials=2, name="my study", best=1)
    assert main(["train", "study.yaml", "--out", "w", "--seeds", "1", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["search"] == {"study": "my study", "task": "digits-mlp"} and card["training"]["epochs"] == 1
    (tmp_path / "runs/my-study").mkdir(parents=True)
    (tmp_path / "runs/my-study/trace.jsonl").write_bytes(trace.read_bytes())
    assert winner.find("study.yaml").search["method"] == winner.find("runs/my-study").search["method"] == "random"
    with pytest.raises(ValueError, match="no run here"):
        (tmp_path / "runs/my-study/trace.jsonl").unlink()
        winner.find("study.yaml", trial=1)
