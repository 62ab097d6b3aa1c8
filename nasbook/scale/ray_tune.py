"""Any ask/tell method of nasbook inside Ray Tune, for those who live there.

    searcher = Searcher("hyperband", space, fidelity=nasbook.Fidelity("epoch", 1, 27), metric="loss", mode="min")
    tuner = tune.Tuner(train, tune_config=tune.TuneConfig(search_alg=ConcurrencyLimiter(searcher, 4), num_samples=100))
    tuner.fit(); searcher.trace.plot()

`config["nasbook"]` tells the function what is no parameter: `seed`, `fidelity` (None: as the function likes) and
`training`, a name that a promoted trial shares with the trials whose training it continues: keep its state under that.
A trial that ended below its fidelity, as by one of Tune's schedulers, is told as pruned. Tune saves the searcher as a
trace, which is data; `Tuner.restore` itself unpickles, so restore only what is yours.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from nasbook import registry
from nasbook.method import Method
from nasbook.space import Config, Json, Space
from nasbook.task import Fidelity, trial_seed
from nasbook.trace import Header, Trace, Trial
from nasbook.trace_file import load, save

try:
    from ray.tune.search import Searcher as TuneSearcher
except ImportError as error:
    raise ImportError('a Searcher for Ray Tune needs Ray Tune: pip install "ray[tune]"') from error


class Searcher(TuneSearcher):
    """A search algorithm of Ray Tune that asks and tells a method of nasbook.

    method, settings: as in nasbook.search. fidelity: its unit is the key under which the function reports how far it is
    (default: training_iteration). Raises ValueError for what the method does not take."""

    _metric: Any
    _mode: str | None

    def __init__(
        self,
        method: str,
        space: Space,
        *,
        seed: int = 0,
        fidelity: Fidelity | None = None,
        metric: str | None = None,
        mode: str | None = None,
        **settings: object,
    ) -> None:
        super().__init__(metric=metric, mode=mode)
        cls = registry.find("method", method).load()
        if not issubclass(cls, Method):
            raise ValueError(f"{method} owns its training, so Ray Tune cannot run its trials; take an ask/tell method")
        self.method: Method = cls(space, seed=seed, **(cls.suited(settings, fidelity) if fidelity else settings))
        self.fidelity, self.unit = fidelity, fidelity.unit if fidelity else "training_iteration"
        self.trace = Trace(Header(method, "ray-tune", space, seed, settings))
        self.live: dict[str, Trial] = {}  # by Tune's name
        self.curves: dict[str, list[tuple[float, float]]] = {}

    def set_search_properties(self, metric: str | None, mode: str | None, config: Config, **_: object) -> bool:
        """The space is the searcher's: Tune's own may only hold constants."""
        self._metric, self._mode = metric or self._metric, mode or self._mode
        return not any(hasattr(value, "sample") for value in config.values())

    def suggest(self, trial_id: str) -> Config | str | None:
        trial = self.method.ask()
        if trial is None:  # it waits for a result; with nothing in flight Tune would wait for ever
            return None if self.live else self.FINISHED
        root = trial.info.get("continues", trial.id)
        trial = self.live[trial_id] = replace(trial, info={**trial.info, "tune": trial_id})
        self.trace.started(trial)
        about = {"seed": trial_seed(self.method.seed, root), "fidelity": trial.fidelity, "training": f"training-{root}"}
        return {**trial.config, "nasbook": about}

    def on_trial_result(self, trial_id: str, result: Json) -> None:
        if self._metric in result and self.unit in result:
            at, value = float(result[self.unit]), self._minimised(result)
            earlier = [(f, v) for f, v in self.curves.get(trial_id, []) if f < at]  # a restarted trial reports again
            self.curves[trial_id] = [*earlier, (at, value)]

    def on_trial_complete(self, trial_id: str, result: Json | None = None, error: bool = False) -> None:
        if (trial := self.live.pop(trial_id, None)) is None:
            return
        trial = replace(trial, curve=tuple(self.curves.pop(trial_id, ())))
        value = self._minimised(result) if result and self._metric in result else None
        wanted = trial.fidelity or (self.fidelity.max if self.fidelity else 0)
        if error or value is None or not math.isfinite(value):
            why = "the trial ended with an error" if error else f"it reported no finite {self._metric}"
            ended = replace(trial, status="failed", reason=why)
        elif result and wanted and result.get(self.unit, wanted) < wanted:
            why = f"stopped at {self.unit} {result[self.unit]:g} of {wanted:g}"
            ended = replace(trial, status="pruned", value=value, reason=why)
        else:
            ended = replace(trial, status="done", value=value)
        self.method.tell(ended)
        self.trace.ended(ended, None)

    def _minimised(self, result: Json) -> float:
        return float(result[self._metric]) * (-1 if self._mode == "max" else 1)

    def save(self, checkpoint_path: str) -> None:
        save(self.trace, checkpoint_path)

    def restore(self, checkpoint_path: str) -> None:
        """Into a new searcher, made with the same arguments."""
        before = load(checkpoint_path)
        if differs := before.header.differences(self.trace.header):
            raise ValueError(f"this searcher was saved by another search: {differs[0]}")
        for kind, trial in before.events:
            if kind == "ask":
                self.method.ask_again(trial)
            else:
                self.method.tell(trial)
        self.trace = before
        self.live = {trial.info["tune"]: trial for trial in before.pending}
