"""Freeze-thaw from the notebook to two processes: cut off, resumed, drawn, exported, run, drawn again."""

import numpy as np
import pytest

import nasbook
from nasbook.cli import main
from nasbook.scale import load_study
from nasbook.trace import Trace


def test_a_search_that_was_killed_goes_to_full_scale_and_back(tmp_path, capsys):
    path, options = tmp_path / "trace.jsonl", {"trials": 14, "seed": 1, "new": "random"}
    whole = nasbook.search("freeze-thaw", "digits-hpo-messy", out=path, **options)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:20]) + lines[20][:9])  # killed while it wrote
    with pytest.warns(UserWarning, match="cut off"):
        again = nasbook.search("freeze-thaw", "digits-hpo-messy", out=path, resume=True, **options)
    assert again.digest == whole.digest == Trace.load(path).digest
    again.plot().savefig(tmp_path / "history.png")
    again.plot("freezing").savefig(tmp_path / "freezing.png")

    study, folder = tmp_path / "study.yaml", tmp_path / "run"
    assert main(["export", str(path), "-o", str(study), "--trials", "12", "--workers", "2", "--best", "2"]) == 0
    assert load_study(study).make_method().settings.new == "random"
    assert main(["run", str(study), "--out", str(folder)]) == 0, capsys.readouterr().err
    ran = Trace.load(folder / "trace.jsonl")
    assert [t.config for t in sorted(ran.trials, key=lambda t: t.id)[:2]] == load_study(study).first
    assert {t.worker for t in ran.trials} == {0, 1} and {t.status for t in ran.trials} == {"done"}
    went_on = [t for t in ran.trials if "continues" in t.info]
    assert len(ran) == 12 and went_on and all(np.isfinite(t.value) for t in ran.trials)
    assert ran.plot("freezing").get_axes()
