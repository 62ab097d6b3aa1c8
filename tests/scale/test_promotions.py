"""Promoted trials on real workers: they go on with their training, and end where one from the start would."""

import nasbook
from nasbook.scale import export, run
from nasbook.task import trial_seed


def test_a_promoted_training_goes_on_in_another_process_to_the_same_value(tmp_path):
    small = nasbook.search("successive-halving", "digits-mlp", trials=7, seed=1, configurations=6)
    study = export(small, tmp_path / "study.yaml", trials=8, workers=2, best=0)
    trace = run(study, tmp_path / "run")
    promoted = [t for t in trace.trials if "continues" in t.info]
    assert promoted and all(t.status == "done" for t in trace.trials)
    task = nasbook.task("digits-mlp")
    for trial in promoted:
        seed = trial_seed(trace.header.seed, trial.info["continues"])
        assert trial.value == task.evaluate(trial.config, fidelity=trial.fidelity, seed=seed).value
    assert not (tmp_path / "run" / "trainings").exists()  # nothing is left to go on with
