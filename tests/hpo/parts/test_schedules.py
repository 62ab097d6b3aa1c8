"""The schedule of a population, followed by a training of one's own."""

from hpo.own_descent import EPOCHS, SPACE, train

import nasbook
from nasbook.hpo.parts.schedules import follow, schedule
from nasbook.prepare import as_task


def test_a_population_of_own_trainings_and_its_schedule():
    trace = nasbook.search("pbt", train, space=SPACE, fidelity=EPOCHS, population=6, seed=1)
    assert {t.status for t in trace.trials} == {"done"} and len(trace) == 48
    assert any("copied_from" in t.info for t in trace.trials)
    seed, stages = schedule(trace)
    assert len({s.config["width"] for s in stages}) == 1
    assert follow(as_task(train, SPACE, EPOCHS), seed, stages).curve[-1] == trace.best.value
    again = nasbook.search("pbt", train, space=SPACE, fidelity=EPOCHS, population=6, seed=1)
    assert again.digest == trace.digest
