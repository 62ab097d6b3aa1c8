"""A study in an Optuna database, which any number of workers share: `sqlite:///search.db`, or a URL of PostgreSQL.

    begin(study, "sqlite:///search.db", Trust(folder))     # creates it there, or joins it
    trace = trace_of(stored("sqlite:///search.db"))        # at any time

The study travels as data in a user attribute; reading it runs nothing that it names. Optuna's trials have their usual
parameters and intermediate values, so that its dashboard opens the database. What Optuna has no place for is in the
user attribute "nasbook" of each trial: its number in the trace, the row of the trace, and which trials had been told to
the method before it was asked (`told`). That order makes the search one that can be replayed, whoever ran it.

A trial whose worker died stops beating its heart; whoever notices first fails it and queues it again, under the same
number of the trace, until that has happened `max_failures` times.
"""

from __future__ import annotations

import logging
import time as clock
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nasbook.method import OneShot
from nasbook.prepare import header_of
from nasbook.scale.optuna import KEY, _optuna
from nasbook.scale.study import Study, validate
from nasbook.scale.trust import Trust
from nasbook.space import Json
from nasbook.trace import Header, Trace, Trial

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

    from nasbook.scale.patience import Patient

STUDY = "nasbook study"  # of the study's user attributes
BEAT = 15  # seconds between two heartbeats; who misses four of them is dead
BEGUN, PAUSED = "nasbook begun", "nasbook paused"  # when; of the study's user attributes, like STUDY
PAUSE = 60  # seconds that a pause lasts unless whoever asked for it says so again
ATTEMPTS = 5
DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}  # and their packages
SAME = ("task", "space", "method", "fidelity", "seeds", "first")  # what must not change


# ---- the database ----------------------------------------------------------------------------------------


def connect(url: str, *, beat: int = BEAT, deaths: int = 2, say: Callable[[str], None] = lambda _: None) -> Patient:
    """Optuna's storage, which waits for a database that is away for a while, and says so. Tables are made where there
    are none. ValueError, in a sentence, for what cannot be opened."""
    _optuna()
    from nasbook.scale.patience import Patient, why_not

    logging.getLogger("optuna").setLevel(logging.ERROR)
    if "://" not in url:
        raise ValueError(
            f"a storage is a URL, e.g. sqlite:///search.db or postgresql://user@host/name, not {url!r:.80}"
        )
    if not url.startswith("sqlite") and _place(url).count("@") > 1:
        raise ValueError(f"in {hidden(url)} an @ of the user or the password is to be written as %40")
    engine: Json = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    if url.startswith(("postgresql:", "postgresql+psycopg")):  # text, also where the server keeps mere bytes
        engine["connect_args"] = {"client_encoding": "utf8"}
    for attempt in range(ATTEMPTS):  # others may be making the tables at this moment
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Optuna calls experimental
                return Patient(
                    url,
                    hidden(url),
                    say,
                    engine_kwargs=engine,
                    heartbeat_interval=beat,
                    grace_period=4 * beat,
                    heartbeat_stale_trial_callback=lambda study, trial: again(study, trial, deaths),
                )
        except Exception as error:  # of SQLAlchemy, a driver, a server
            if attempt == ATTEMPTS - 1 or not _passing(error):
                why = _no_driver(url, error) or why_not(error)
                raise ValueError(f"the storage {hidden(url)} cannot be opened: {why}") from None
            clock.sleep(0.2 * 2**attempt)
    raise AssertionError


def _passing(error: Exception) -> bool:
    """May it be gone in a moment? Tables that another process makes, or a lock."""
    said = str(error).lower()
    return any(word in said for word in ("unique", "already exists", "locked", "duplicate", "no such table"))


def _no_driver(url: str, error: Exception) -> str | None:
    """What to install, where the package that speaks with such a database is missing."""
    cause = error.__cause__ or error
    if isinstance(cause, ModuleNotFoundError) and cause.name:
        package = cause.name.partition(".")[0]
        return f"{package} is not installed; install it with: pip install '{DRIVERS.get(package, package)}'"
    if type(cause).__name__ == "NoSuchModuleError":
        return (
            f"no database is called {url.partition(':')[0]!r}; a URL begins with sqlite:///, postgresql:// or mysql://"
        )
    return None


def _place(url: str) -> str:
    """User, password, host and port."""
    return url.partition("://")[2].partition("/")[0]


def hidden(url: str) -> str:
    """The URL without its password."""
    url, query, more = url.partition("?")
    scheme, slashes, rest = url.partition("://")
    user, at, tail = rest.rpartition("@")
    kept = [part for part in more.split("&") if "pass" not in part.partition("=")[0].lower()]
    return f"{scheme}{slashes}{user.partition(':')[0]}{at}{tail}{query * any(kept)}{'&'.join(kept)}"


def begin(study: Study, url: str, trust: Trust, storage: BaseStorage | None = None) -> optuna.Study:
    """The optuna.Study of a study of ours: made in the database, or found there. ValueError where the database holds
    another study under this name, or where the study cannot be shared."""
    optuna = _optuna()
    task, method = study.make(trust)
    if isinstance(method, OneShot):
        raise ValueError(f"{study.method.name} is one training, which workers cannot share; take --engine local")
    if task.knows_cost:
        raise ValueError(
            f"{study.task.name} runs on a simulated clock, which workers cannot share; take --engine local"
        )
    if study.packed > 1:
        raise ValueError(
            f"packed: {study.packed} trains several trials as one network, and a worker on a database takes one at a "
            "time; leave it out, or take --engine local or ray"
        )
    storage = storage or connect(url, deaths=study.budget.max_failures)
    directions = ["minimize"] * max(1, len(task.objectives))
    there = optuna.create_study(storage=storage, study_name=study.name, directions=directions, load_if_exists=True)
    kept = there.user_attrs
    if STUDY not in kept:
        if there.get_trials(deepcopy=False):
            raise ValueError(
                f"{hidden(url)} holds a study {study.name!r} that is not nasbook's; give this one another name"
            )
        header = header_of(method, task, study.workers)
        fidelity = {"fidelity": study.fidelity.model_dump()} if study.fidelity else {}
        header = replace(header, provenance={**header.provenance, "study": study.name, **fidelity})
        there.set_user_attr(KEY, header.to_dict())
        there.set_user_attr(BEGUN, clock.time())
    else:
        before = _parsed(kept[STUDY], url)
        if key := next((k for k in SAME if getattr(before, k) != getattr(study, k)), None):
            raise ValueError(
                f"{hidden(url)} holds another study {study.name!r}: its {key} differs, and only budget, workers and "
                "resources may change; take another name or another database"
            )
    there.set_user_attr(STUDY, study.to_dict())
    return there


def stored(url: str, name: str | None = None, storage: BaseStorage | None = None) -> optuna.Study:
    """The optuna.Study of a study of nasbook's in this database; ValueError where there is none, or several and no name
    says which."""
    optuna = _optuna()
    storage = storage or connect(url)
    names = [s.study_name for s in storage.get_all_studies() if STUDY in s.user_attrs]
    if name is None and len(names) != 1:
        has = (
            f"{len(names)} studies ({', '.join(names[:5])}): say which with --name"
            if names
            else "no study of nasbook's"
        )
        raise ValueError(f"{hidden(url)} holds {has}")
    if name is not None and name not in names:
        raise ValueError(f"{hidden(url)} holds no study {name!r} of nasbook's; it has {', '.join(names) or 'none'}")
    return optuna.load_study(storage=storage, study_name=name or names[0])


def study_of(there: optuna.Study, url: str = "the storage") -> Study:
    """Our study in an optuna.Study, as data; StudyError or ValueError where it is damaged."""
    return _parsed(there.user_attrs[STUDY], url)


def _parsed(row: object, url: str) -> Study:
    return validate(row, f"the study in {hidden(url)}")


# ---- what has become of the trials -----------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """A trial of the trace as the database has it: what was asked, after which tells, and how it ended, if it has."""

    asked: Trial
    told: Sequence[int]
    ended: Trial | None


def records(there: optuna.Study, deaths: int) -> list[Record]:
    """By number of the trace. ValueError for a trial that nasbook has not written so."""
    found: dict[int, tuple[FrozenTrial, Json]] = {}
    for t in there.get_trials(deepcopy=False):  # of a trial that was queued again, the last counts
        if isinstance(kept := t.user_attrs.get(KEY), dict) and "told" in kept:
            found[kept["id"]] = t, kept
    try:
        return [_record(*found[i], deaths) for i in sorted(found)]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the storage holds a damaged trial: {error}") from None


def _record(t: FrozenTrial, kept: Json, deaths: int) -> Record:
    row = Trial.from_dict(kept["row"])
    asked = Trial(row.id, row.config, row.fidelity, info=row.info, worker=row.worker, start=row.start)
    ended = row if t.state.is_finished() and row.status != "running" else None
    if t.state.name == "FAIL" and ended is None and (n := _deaths(t)) > deaths:
        times = f" ({n} times)" if n > 1 else ""
        curve = tuple((float(k), v) for k, v in sorted(t.intermediate_values.items()))
        ended = replace(asked, status="failed", reason=f"its worker died{times}", curve=curve, end=asked.start)
        ended = replace(ended, cost=row.cost, used=row.used)  # as far as that is known
    return Record(asked, kept["told"], ended)


def _deaths(t: FrozenTrial) -> int:
    return len(t.system_attrs.get("retry_history", [])) + 1


def again(there: optuna.Study, t: FrozenTrial, deaths: int, *, counts: bool = True) -> None:
    """Queue a trial again whose worker has died, or, where that does not count, was told to stop."""
    optuna = _optuna()
    history = [*t.system_attrs.get("retry_history", []), *([t.number] if counts else [])]
    kept = t.user_attrs.get(KEY, {})
    if kept.get("row", {}).get("status", "running") != "running" or "row" not in kept or len(history) > deaths:
        return  # it had ended, or had not been asked for, or has died too often
    there.add_trial(
        optuna.create_trial(
            state=optuna.trial.TrialState.WAITING,
            params=t.params,
            distributions=t.distributions,
            user_attrs=t.user_attrs,
            system_attrs={"failed_trial": t.number, "retry_history": history},
            intermediate_values=t.intermediate_values,
        )
    )


def trace_of(there: optuna.Study) -> Trace:
    """The trace of what the database holds now: the same kind of file as that of any other run."""
    study = study_of(there)
    trace = Trace(Header.from_dict(there.user_attrs[KEY]))
    found = records(there, study.budget.max_failures)
    told: set[int] = set()
    for record in found:
        for i in record.told:
            trace.ended(_ended(found, i))
        told |= set(record.told)
        trace.started(record.asked)
    late = [r.ended for r in found if r.ended and r.ended.id not in told]
    for trial in sorted(late, key=lambda t: (t.end or 0.0, t.id)):
        trace.ended(trial)
    return trace


def _ended(found: Sequence[Record], i: int) -> Trial:
    if not (0 <= i < len(found)) or (ended := found[i].ended) is None:
        raise ValueError(f"the storage holds a damaged trial: trial {i} was told, and has not ended")
    return ended
