"""An Optuna database that may go away for a while: its server is restarted, the network is cut, a file is locked.

    storage = Patient("postgresql://me@host/name", say=print)        # otherwise an optuna.storages.RDBStorage

Each call is tried again for PATIENCE seconds. Then, or at once where waiting helps nobody (a full disk, no permission),
it raises StorageLost, and so does every call after it. A trial whose worker ends in this way goes on from its
checkpoint: its heart beats no more, and whoever finds the database again queues it again.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from nasbook.scale.study_errors import ResourceError

T = TypeVar("T")
PATIENCE, FAREWELL = 60.0, 5.0  # seconds; the second of a worker that is told to stop
NAP = 0.5


class StorageLost(ResourceError):
    """The database has not answered for too long, or takes nothing any more; what was written there is kept."""


class Patient(RDBStorage):
    """Optuna's storage, each of whose calls waits for a database that is away. `lost`: why there is no more waiting."""

    def __init__(self, url: str, shown: str, say: Callable[[str], None] = lambda _: None, **more: Any) -> None:
        self.shown, self.say, self.lost, self.patience = shown, say, None, PATIENCE
        super().__init__(url, **more)

    patience: float
    shown: str  # the URL, without its password
    say: Callable[[str], None]
    lost: StorageLost | None

    def record_heartbeat(self, trial_id: int) -> None:
        """A beat that is missed is no error: this is a thread of its own."""
        try:
            super().record_heartbeat(trial_id)
        except Exception:
            return

    def _waiting(self, call: Callable[..., T], *args: object, **kwargs: object) -> T:
        begun, said = clock.monotonic(), False
        while self.lost is None:
            try:
                return call(self, *args, **kwargs)
            except IntegrityError:
                raise  # Optuna's own way to see that somebody was faster
            except (SQLAlchemyError, StorageInternalError) as error:
                self._judge(error, clock.monotonic() - begun, said)
                said = True
            except KeyboardInterrupt:
                self.hurry()
                raise
        raise self.lost

    def hurry(self) -> None:
        """Whoever is told to stop waits no longer than it takes to say good-bye."""
        self.patience = min(self.patience, FAREWELL)

    def _judge(self, error: Exception, waited: float, said: bool) -> None:
        """Wait a moment, or give the database up."""
        why, limit = why_not(error), f"{self.patience:g} s"
        if not _may_pass(error):
            self.lost = StorageLost(f"the storage {self.shown} takes nothing: {why}; what it holds is kept")
        elif waited > self.patience:
            self.lost = StorageLost(
                f"the storage {self.shown} has not answered for {limit}: {why}; what it holds is kept, and the search "
                "goes on when a worker is started, or the run resumed"
            )
        else:
            if not said:
                self.say(f"the storage {self.shown} does not answer ({why}); waiting for it up to {limit}")
            clock.sleep(NAP)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def why_not(error: Exception) -> str:
    """What the driver said, in a line."""
    found = next((e for e in _chain(error) if isinstance(e, DBAPIError)), error)
    words = " ".join(str(getattr(found, "orig", None) or found).split())
    return words[:200].rstrip(".") or type(found).__name__


def _may_pass(error: Exception) -> bool:
    """May a moment's wait help? A server that is away or full of others does; a file only where it is locked."""
    found = next((e for e in _chain(error) if isinstance(e, DBAPIError)), None)
    if found is None:
        return False
    if "sqlite" in type(found.orig).__module__:
        return "locked" in str(found.orig)
    return found.connection_invalidated or isinstance(found, (OperationalError, InterfaceError))


def _patient(name: str) -> Callable[..., object]:
    call = getattr(RDBStorage, name)

    @wraps(call)
    def waiting(self: Patient, *args: object, **kwargs: object) -> object:
        return self._waiting(call, *args, **kwargs)

    return waiting


# What Optuna's cache calls:
OTHERS = [
    "_create_new_trial",
    "_get_trials",
    "_get_best_trial_id",
    "_get_stale_trial_ids",
    "_set_trial_param",
]
for _name in (*(n for n in vars(BaseStorage) if n[0] != "_" and n != "remove_session"), *OTHERS):
    if _name not in vars(Patient) and hasattr(RDBStorage, _name):
        setattr(Patient, _name, _patient(_name))
