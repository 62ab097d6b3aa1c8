"""How far a run is: on stderr, and in the trackers that follow it."""

from __future__ import annotations

import sys
from pathlib import Path

from nasbook.scale.live import Live
from nasbook.scale.study import Study
from nasbook.trace import Step, Trace


class Bar:
    """A progress bar on stderr, or nothing; and the study's trackers."""

    def __init__(self, study: Study, show: bool, out: Path) -> None:
        self.show, self.live = show, Live(study.tracking.places if study.tracking else {}, out)
        if show:
            from tqdm import tqdm

            total, name = study.budget.trials, study.name
            self.tqdm = tqdm(total=total, desc=name, unit="trial", file=sys.stderr, dynamic_ncols=True)
        self.failed = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.show:
            self.tqdm.close()
        self.live.close()

    def resumed(self, trace: Trace) -> None:
        self.failed = sum(t.status == "failed" for t in trace.trials)
        if self.show and len(trace):
            self.tqdm.update(len(trace))

    def ended(self, step: Step) -> None:
        self.failed += step.trial.status == "failed"
        self.live.ended(step.trial)
        if self.show:
            best = {} if step.incumbent is None else {"best": f"{step.incumbent.value:.6g}"}
            self.tqdm.set_postfix(best | ({"failed": self.failed} if self.failed else {}), refresh=False)
            self.tqdm.update(1)

    def say(self, sentence: str) -> None:
        if self.show:
            self.tqdm.write(sentence, file=sys.stderr)
