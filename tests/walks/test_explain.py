"""From a search, a stranger's file, an Optuna study or a CSV file to an explanation and its pictures."""

import json
import random
import re

import pytest
from matplotlib.text import Text
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space, Trace
from nasbook.cli import main
from nasbook.tasks.logged import read_trials

SPACE = Space(
    kind=Choice(["tree", "net"]),
    depth=Int(1, 9, when={"kind": "tree"}),
    lr=Float(1e-3, 1, log=True, when={"kind": "net"}),
    constant=nasbook.Constant("训练"),
)


def own(config):
    if config["kind"] == "net" and config["lr"] > 0.5:
        raise RuntimeError("no memory")
    return 0.1 * config["depth"] if config["kind"] == "tree" else config["lr"] + 0.2


@pytest.fixture
def saved(tmp_path):
    return nasbook.search("tpe", own, space=SPACE, trials=30, seed=0).save(tmp_path / "own trace.jsonl")


def test_search_save_load_explain_draw(saved, tmp_path, capsys):
    trace = Trace.load(saved)  # as a stranger has it: without the function
    for kind in ("attribution", "ablation", "interactions", "dependence"):
        assert_legible(trace.plot(kind))
    assert main(["explain", str(saved), "--plot", str(tmp_path / "a.png"), "--kind", "interactions"]) == 0
    told = capsys.readouterr()
    assert "guessed by a forest on" in told.out and "kind" in told.out and (tmp_path / "a.png").stat().st_size > 5000
    assert main(["explain", str(saved), "--json", "--trial", "3", "--default", "middle"]) == 0
    row = json.loads(capsys.readouterr().out)
    parts = sum(p["shapley"] for p in row["parameters"])
    assert row["base"] + parts == pytest.approx(row["total"]) and row["source"]["error"] > 0


def test_a_csv_of_trials(tmp_path, capsys):
    rng = random.Random(0)
    rows = [(rng.choice([8, 16, 32]), rng.choice(["a", "b"])) for _ in range(20)]
    lines = [f"{w},{k},{1 / w + (k == 'b'):.4f}" for w, k in rows]
    path = tmp_path / "trials.csv"
    path.write_text("\n".join(["width,kind,error", *lines]))
    assert main(["explain", str(path), "--value", "error", "--default", "first"]) == 0
    assert "width" in capsys.readouterr().out
    assert (
        main(["explain", str(path), "--value", "error", "--plot", str(tmp_path / "c.svg"), "--kind", "ablation"]) == 0
    )
    assert "<svg" in (tmp_path / "c.svg").read_text()


def test_the_numbers_and_the_picture_of_a_path_begin_at_one_place(saved, tmp_path, capsys):
    assert main(["explain", str(saved), "--kind", "ablation", "--plot", str(tmp_path / "a.png")]) == 0
    told = capsys.readouterr().out
    began = re.search(r"from ([^,]+), (\S+), to", Trace.load(saved).plot("ablation").alt)
    assert f"ablation against {began[1]}: " in told and began[1] == "the middle of every range"
    assert main(["explain", str(saved), "--kind", "ablation", "--default", "first"]) == 0
    assert "against the first value" in capsys.readouterr().out


def test_what_was_maximised_is_said_to_be_negative(tmp_path, capsys):
    path = tmp_path / "trials.csv"
    rows = [f"{w},{k},{w / 32 + 2 * (k == 'b'):.4f}" for w in (8, 16, 32, 64) for k in "ab" for _ in range(2)]
    path.write_text("\n".join(["width,kind,score", *rows]))
    words = ["explain", str(path), "--value", "score"]
    negative = "What was maximised is explained as its negative: lower is better here."
    assert main([*words, "--maximise"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == negative
    assert main([*words, "--maximise", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["note"] == negative
    assert main(words) == 0
    assert "negative" not in capsys.readouterr().out
    (up,), (down,) = (read_trials(path, value="score", maximise=m) for m in (True, False))
    for kind in ("attribution", "ablation", "interactions", "dependence"):
        figure = up.plot(kind)
        assert "negatives of what was maximised" in figure.alt and "negative" not in down.plot(kind).alt
        assert any(t.get_text().endswith("negatives of what was maximised") for t in figure.findobj(Text)), kind
        assert_legible(figure)


def test_an_optuna_study(tmp_path, capsys):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=url, sampler=optuna.samplers.RandomSampler(seed=0), direction="maximize")
    study.optimize(lambda t: t.suggest_float("x", 0, 1) - 3 * t.suggest_int("n", 1, 4), n_trials=12)
    assert main(["explain", str(tmp_path / "study.db")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("n")
    assert_legible(nasbook.scale.from_optuna(study).plot("attribution"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing.jsonl"], "o such file"),
        (["."], "no trace|none of"),
        (["TRACE", "--trial", "999"], "no trial 999"),
        (["TRACE", "--default", "moon"], "a default is one of mean, middle, first"),
        (["TRACE", "--game", "chess"], "there is no 'chess'"),
        (["TRACE", "--kind", "ablation", "--game", "tunability"], "--game tunability has no path"),
        (["TRACE", "--plot", "a.exe"], "the name of a picture ends in"),
        (["TRACE", "--plot", "a.png", "--kind", "cell-attribution"], "this trace has none"),
        (["EMPTY"], "EMPTY|empty|not a trace|no trace"),
    ],
)
def test_mistakes_get_a_sentence(saved, words, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "folder").mkdir()
    words = [str(saved) if w == "TRACE" else "empty.jsonl" if w == "EMPTY" else w for w in words]
    if words == ["."]:
        words = ["folder"]
    assert main(["explain", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("nasbook: ") and len(said.splitlines()) <= 2 and re.search(told, said), said


def test_a_label_is_no_part_of_what_is_explained(saved, monkeypatch, capsys):
    monkeypatch.chdir(saved.parent)
    assert main(["explain", f"mine={saved.name}"]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main(["explain", str(saved), "--trial", "²"]) == 2
    assert "'²'" in capsys.readouterr().err


def test_the_truth_is_asked_where_it_is_known(tmp_path, capsys):
    path = nasbook.search("random", "digits201-messy", trials=25, seed=0).save(tmp_path / "t.jsonl")
    assert main(["explain", str(path)]) == 0
    exact = capsys.readouterr().out
    assert main(["explain", str(path), "--surrogate"]) == 0
    guessed = capsys.readouterr().out
    assert exact.splitlines()[-1] == "exact, from the table digits201-messy" and "guessed" in guessed
