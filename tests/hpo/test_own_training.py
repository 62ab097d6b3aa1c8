"""PBT of a function that trains: checkpoints are copied, lineages can be followed, failures stay with their member."""

import pytest
from hpo.own_descent import EPOCHS, SPACE, train

import nasbook


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_it_goes_on_after_a_stop(tmp_path, cut):
    options = {"space": SPACE, "fidelity": EPOCHS, "population": 4, "seed": 2}
    whole = nasbook.search("pbt", train, **options)
    path = tmp_path / "t.jsonl"
    nasbook.search("pbt", train, trials=cut, out=path, **options)
    assert nasbook.search("pbt", train, out=path, resume=True, **options).digest == whole.digest


def test_a_member_that_fails_is_the_worst_and_says_why():
    def fails(config, fidelity, checkpoint):
        if config["lr"] > 0.1:
            raise RuntimeError("too fast")
        checkpoint.write_text("x")
        return config["lr"]

    trace = nasbook.search("pbt", fails, space=SPACE, fidelity=EPOCHS, population=6, seed=0)
    failed = [t for t in trace.trials if t.status == "failed"]
    assert failed and {t.reason for t in failed} == {"RuntimeError: too fast"} and len(trace) == 48
    assert trace.trials[-1].status == "done" or trace.best


@pytest.mark.parametrize("function", [lambda config, fidelity: 1.0, lambda config: 1.0])
def test_what_has_no_checkpoint_is_refused(function):
    with pytest.raises(ValueError, match=r"pbt copies networks .* function of \(config, fidelity, checkpoint\)"):
        nasbook.search("pbt", function, space=SPACE, population=4)
