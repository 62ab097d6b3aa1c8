"""nasbook's methods inside the real Ray Tune."""

import json
from collections import Counter
from pathlib import Path

import pytest

import nasbook
from nasbook.trace import Trace

SPACE = nasbook.Space(x=nasbook.Float(0, 1), kind=nasbook.Choice(["a", "b"]))
EPOCHS = nasbook.Fidelity("epoch", 1, 9)


def train(config):
    from ray import tune

    about = config["nasbook"]
    state = Path(config["folder"]) / about["training"]
    begin = json.loads(state.read_text()) if state.exists() else 0
    for epoch in range(begin + 1, int(about["fidelity"] or 9) + 1):
        state.write_text(json.dumps(epoch))
        tune.report({"score": -((config["x"] - 0.3) ** 2) - 1 / epoch, "epoch": epoch, "begin": begin})


def tuner(searcher, folder, **more):
    from ray import tune
    from ray.tune.search import ConcurrencyLimiter

    return tune.Tuner(
        train,
        param_space={"folder": str(folder)},
        tune_config=tune.TuneConfig(
            metric="score",
            mode="max",
            search_alg=ConcurrencyLimiter(searcher, 2),
            num_samples=13,
            reuse_actors=True,
            **more,
        ),
        run_config=tune.RunConfig(name="t", storage_path=str(folder / "results"), verbose=0),
    )


def test_halving_runs_to_its_end_in_tune_and_promotions_go_on(ray_node, tmp_path):
    from nasbook.scale.ray_tune import Searcher

    searcher = Searcher("successive-halving", SPACE, seed=3, fidelity=EPOCHS, configurations=9)
    results = tuner(searcher, tmp_path).fit()
    assert not results.errors and len(results) == 13
    trace = searcher.trace
    assert [t.status for t in trace.trials] == ["done"] * 13
    assert set(Counter(t.id for t in trace.trials).values()) == {1}
    begun = {r.config["nasbook"]["fidelity"]: r.metrics["begin"] for r in results}
    assert begun == {1: 0, 3: 1, 9: 3}
    assert trace.best.value == pytest.approx((trace.best.config["x"] - 0.3) ** 2 + 1 / 9)
    assert len(trace.trials[-1].curve) == 6

    searcher.save(str(tmp_path / "state"))
    again = Searcher("successive-halving", SPACE, seed=3, fidelity=EPOCHS, configurations=9)
    again.restore(str(tmp_path / "state"))
    assert again.trace.digest == trace.digest and again.suggest("new") == searcher.suggest("new")
    assert Trace.load(tmp_path / "state").best.config == trace.best.config


def test_what_a_scheduler_stops_is_told_as_pruned_and_what_fails_as_failed():
    from nasbook.scale.ray_tune import Searcher

    searcher = Searcher("tpe", SPACE, seed=1, fidelity=EPOCHS, metric="score", mode="max")
    for name, report in (("a", {"score": 2.0, "epoch": 9}), ("b", {"score": 1.0, "epoch": 3}), ("c", {"epoch": 9})):
        config = searcher.suggest(name)
        assert SPACE.validate({k: v for k, v in config.items() if k != "nasbook"})
        searcher.on_trial_result(name, report)
        searcher.on_trial_complete(name, report)
    searcher.suggest("d")
    searcher.on_trial_complete("d", error=True)
    done, pruned, empty, failed = searcher.method.trials
    assert (done.status, done.value, done.curve) == ("done", -2.0, ((9.0, -2.0),))
    assert (pruned.status, pruned.value, pruned.reason) == ("pruned", -1.0, "stopped at epoch 3 of 9")
    assert (empty.status, failed.status) == ("failed", "failed")
    grid = Searcher("grid", nasbook.Space(kind=nasbook.Choice(["a", "b"])), metric="loss", mode="min")
    assert [grid.suggest("a")["kind"], grid.suggest("b")["kind"]] == ["a", "b"]
    assert grid.suggest("c") is None  # a result is still to come
    for name in ("a", "b"):
        grid.on_trial_complete(name, {"loss": 1.0})
    assert grid.suggest("c") == Searcher.FINISHED  # Tune would wait for ever
    with pytest.raises(ValueError, match="owns its training"):
        Searcher("darts", SPACE)
