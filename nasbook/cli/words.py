"""What the commands share: arguments read from words, and what is said of a result or a mistake."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from nasbook.kit import torchrun
from nasbook.space import Json
from nasbook.trial import plain


class Usage(Exception):
    """Bad input on the command line, in one sentence."""


def whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}, not {text!r:.40}")
        if number > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}, not {text:.40}")
        return number

    return convert


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return number


def one_of(*names: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text in names:
            return text
        close = get_close_matches(text, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
        raise argparse.ArgumentTypeError(f"there is no {text!r}; {hint}")

    return convert


def pair(text: str) -> tuple[str, object]:
    from nasbook.scale.yaml12 import scalar

    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"must look like key=value, not {text!r}")
    return key, scalar(value)


# How an option that may be given several times is declared: `p.add_argument("--arg", **KEY_VALUE, help=…)`.
KEY_VALUE: dict[str, Any] = {"type": pair, "action": "append", "default": [], "metavar": "KEY=VALUE"}


def as_dict(pairs: list[tuple[str, object]]) -> Json:
    found: Json = {}
    for key, value in pairs:
        if key in found:
            raise Usage(f"{key} is given twice")
        found[key] = value
    return found


def short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def print_json(document: object) -> None:
    print(json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False))


def say(sentence: str) -> None:
    if not torchrun.place():  # of processes that do the same, the first speaks for all
        print(f"nasbook: {' '.join(sentence.split())}", file=sys.stderr)


def fail(sentence: str, code: int) -> int:
    say(sentence)
    return code
