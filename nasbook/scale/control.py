"""The control file of a run: what somebody outside asks of it while it works.

    order("runs/mlp", pause=True)              start no new trial; those that run go on to their end
    order("runs/mlp", pause=False)             go on
    order("runs/mlp", stop=True)               end as by Ctrl-C; `nasbook run --resume` goes on
    order("runs/mlp", then={"lr": 0.01})       try this configuration next

They are written to control.json in the folder of the run, which may be written by hand as well:

    {"schema": "nasbook/control@1", "pause": false, "stop": false, "next": [{"lr": 0.01}, {"lr": 0.02}]}

The run looks at the file before it hands out trials. Each entry of `next` is tried once, the first one first, and stays
in the list: the trace says which have been tried, so that none is lost or tried again after a kill. A configuration
that stands there twice is tried twice. What cannot be understood is said in one warning and left out.
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nasbook.files import alone, parse_json, write_text
from nasbook.method import Method
from nasbook.scale.pulse import Pulse
from nasbook.space import Config, Json, Scalar, Space
from nasbook.trace import Trace
from nasbook.trial import plain, shown

SCHEMA, FILE = "nasbook/control@1", "control.json"
KEYS = ("schema", "pause", "stop", "next")
LARGEST = 1_000_000  # bytes of a control file that is read
ORDERED = "ordered"  # marks the trials that came from here


@dataclass(frozen=True)
class Orders:
    """What a control file asks for; `wrong` says what of it could not be understood."""

    pause: bool = False
    stop: bool = False
    next: tuple[Config, ...] = ()
    wrong: tuple[str, ...] = ()


def read_orders(path: Path, space: Space) -> Orders:
    """The orders of a control file, none where there is no file. Never an error: `wrong` says what is amiss."""
    try:
        row = _read(path)
    except ValueError as error:
        return Orders(wrong=(str(error),))
    wrong = []
    for name in row:
        if name not in KEYS:
            close = get_close_matches(name, KEYS, 1)
            wrong.append(f"{path}: unknown key {shown(name)}" + (f"; did you mean {close[0]!r}?" if close else ""))
    switches = {}
    for name in ("pause", "stop"):
        switches[name] = row.get(name, False)
        if not isinstance(switches[name], bool):
            wrong.append(f"{path}: {name} must be true or false, not {shown(switches[name])}")
            switches[name] = False
    listed, configs = row.get("next", []), []
    if not isinstance(listed, list):
        wrong.append(f"{path}: next must be a list of configurations, not {shown(listed)}")
        listed = []
    for number, config in enumerate(listed, 1):
        try:
            configs.append(_valid(space, config))
        except ValueError as error:
            wrong.append(f"{path}: configuration {number} of next is left out: {error}")
    return Orders(**switches, next=tuple(configs), wrong=tuple(wrong))


def order(
    folder: str | Path, *, pause: bool | None = None, stop: bool | None = None, then: Mapping[str, Scalar] | None = None
) -> None:
    """Ask something of the run in a folder; what was asked before stays. A damaged control file is put aside.

    Raises ValueError where the file cannot be written, and for one of a newer version.
    """
    path = Path(folder) / FILE
    try:
        with alone(path):
            try:
                row = _read(path)
            except NewerError:
                raise
            except ValueError:
                os.replace(path, path.with_name("control.damaged.json"))
                row = {}
            for name, value in (("pause", pause), ("stop", stop)):
                if value is not None:
                    row[name] = value
            if then is not None:
                before = row.get("next", [])
                row["next"] = [*(before if isinstance(before, list) else []), plain(then)]
            _write(path, row)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ValueError(f"nothing can be asked of the run, because {path} cannot be written: {why}") from None


class NewerError(ValueError):
    """A control file of another version."""


def _read(path: Path) -> Json:
    """What a control file holds, nothing where there is none; ValueError where it is damaged."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError(f"{path} is no file")
        if found.st_size > LARGEST:
            raise ValueError(f"{path} has {found.st_size:,} bytes; a control file has at most {LARGEST:,}")
        row = parse_json(path.read_bytes(), "a control file")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError as error:
        raise ValueError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"{path}: a JSON object was expected, not {shown(row)}")
    if (schema := row.get("schema")) != SCHEMA:
        kind = NewerError if isinstance(schema, str) and schema.startswith("nasbook/control@") else ValueError
        raise kind(f"{path}: schema must be {SCHEMA!r}, not {shown(schema)}")
    return row


def _write(path: Path, row: Json) -> None:
    write_text(path, json.dumps({"schema": SCHEMA, **row}, indent=1) + "\n")


def _valid(space: Space, config: object) -> Config:
    if not isinstance(config, dict):
        raise ValueError(f"it must name parameters and values, not be {shown(config)}")
    try:
        return space.validate(config)
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError(shown(str(error))) from None


def front(method: Method, configs: Sequence[Config]) -> None:
    """Put configurations that were ordered in front of a method's queue."""
    for place, config in enumerate(configs):
        method.enqueue(config, **{ORDERED: True})
        method.queue.insert(place, method.queue.pop())


class Desk:
    """Where a run looks for orders, and tells how it is; see `turn`."""

    def __init__(
        self,
        out: Path,
        space: Space,
        before: Trace | None,
        put: Callable[[list[Config]], None] | None,
        say: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        """What was asked of an earlier run in this folder, to pause or to stop, is over.

        before: what the run has done so far, which tells what of `next` has been tried. put: takes the configurations
        that are to be tried next; None where the run can take none. say, now: as of `Pulse`."""
        self.path, self.space, self.put, self.say = out / FILE, space, put, say
        self.pulse = Pulse(out, now, ("pause", "stop", "next") if put else ("pause", "stop"))
        self.paused = False
        self._seen: tuple[int, ...] | None = None  # by which a changed file is known
        self._said: set[str] = set()
        events = before.events if before is not None else []
        self._taken = Counter(self._key(t.config) for kind, t in events if kind == "ask" and t.info.get(ORDERED))
        with suppress(ValueError, OSError):
            if any(_read(self.path).get(name) for name in ("pause", "stop")):
                order(out, pause=False, stop=False)

    def turn(self) -> bool:
        """See whether there are new orders: True where a configuration is to be tried next. KeyboardInterrupt where
        the run is to stop."""
        news = False
        if (seen := self._signature()) != self._seen:
            self._seen = seen
            orders = read_orders(self.path, self.space)
            for sentence in orders.wrong[:1]:
                self._warn(sentence, len(orders.wrong) - 1)
            news, self.paused = self._take(orders.next), orders.pause
            if orders.stop:
                raise KeyboardInterrupt
        self.beat()
        return news

    def beat(self) -> None:
        """Give a sign of life, if one is due."""
        self.pulse.beat("paused" if self.paused else "running")

    def end(self, state: str) -> None:
        """The run is over: 'ended', 'stopped' or 'failed'."""
        self.pulse.beat(state)

    def _take(self, configs: tuple[Config, ...]) -> bool:
        """Hand on those that have not been tried."""
        counts: Counter[str] = Counter()
        fresh = []
        for config in configs:
            counts[key := self._key(config)] += 1
            if counts[key] > self._taken[key]:
                self._taken[key] += 1
                fresh.append(config)
        if fresh and self.put is None:
            self._warn(f"{self.path}: this run is one training, which takes no configurations from outside", 0)
            return False
        if fresh and self.put:
            self.put(fresh)
        return bool(fresh)

    def _key(self, config: Config) -> str:
        return json.dumps(plain(config), sort_keys=True)

    def _warn(self, sentence: str, more: int) -> None:
        """Say it once."""
        sentence += f" (and {more} more)" if more else ""
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(sentence)
            self.pulse.say(sentence)

    def _signature(self) -> tuple[int, ...]:
        try:
            found = self.path.stat()
        except (OSError, ValueError):
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size
