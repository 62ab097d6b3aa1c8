"""The strategies that train a supernet, each with a task that it serves, for tests of every method."""

from nasbook import registry, task
from nasbook.nas.parts.oneshot import SupernetTraining

STRATEGIES = [e.name for e in registry.METHODS if issubclass(e.load(), SupernetTraining)]
TASKS = ("digits-cells", "digits-darts", "digits-block-chain", "digits-elastic")


def task_for(name):
    """The first of TASKS whose space the strategy serves."""
    for known in TASKS:
        try:
            registry.find("method", name).load()(task(known).space)
        except ValueError:
            continue
        return known
    raise ValueError(f"{name} serves none of {TASKS}")


TASK_OF = {name: task_for(name) for name in STRATEGIES}
