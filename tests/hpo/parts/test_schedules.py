"""The schedule of a population, followed by a training of one's own."""

import json

import nasbook
from nasbook.hpo.parts.schedules import follow, schedule
from nasbook.prepare import as_task

SPACE = nasbook.Space(lr=nasbook.Float(1e-3, 1.5, log=True), width=nasbook.Int(1, 4))
EPOCHS = nasbook.Fidelity("epoch", 1, 8)


def train(config, fidelity, checkpoint, seed):
    epoch, x, width = json.loads(checkpoint.read_text()) if checkpoint.exists() else (0, 1.0 + seed / 2**32, None)
    assert width in (None, config["width"]), "the width of a network has changed"
    for _ in range(epoch, fidelity):
        x -= config["lr"] * 2 * x
    checkpoint.write_text(json.dumps([fidelity, x, config["width"]]))
    return x * x


train.dynamic = ("lr",)


def test_a_population_of_own_trainings_and_its_schedule():
    trace = nasbook.search("pbt", train, space=SPACE, fidelity=EPOCHS, population=6, seed=1)
    assert {t.status for t in trace.trials} == {"done"} and len(trace) == 48
    assert any("copied_from" in t.info for t in trace.trials)
    seed, stages = schedule(trace)
    assert len({s.config["width"] for s in stages}) == 1
    assert follow(as_task(train, SPACE, EPOCHS), seed, stages).curve[-1] == trace.best.value
    again = nasbook.search("pbt", train, space=SPACE, fidelity=EPOCHS, population=6, seed=1)
    assert again.digest == trace.digest
