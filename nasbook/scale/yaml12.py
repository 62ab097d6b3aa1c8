"""Reading YAML as people mean it, with the line of every value.

PyYAML follows YAML 1.1, in which `1e-4` is text and `no` is false. Here the core rules of YAML 1.2 hold: true and false
are the only booleans, 1e-4 is a number, 010 is ten. Keys are text and may not come twice; aliases and tags of other
types are refused, because a study needs none.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from nasbook.space import Json

Path = tuple[str | int, ...]
DEPTH = 100  # lists within lists: more is no study, and Python's own limit is not far


class YamlError(ValueError):
    """What is wrong, in one sentence, at which line (from 1) and path."""

    def __init__(self, text: str, line: int | None = None, path: Path = ()) -> None:
        super().__init__(text)
        self.line, self.path = line, path


SCALARS: list[tuple[str, str, str]] = [
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if self.check_event(yaml.AliasEvent):
            raise YamlError(f"the alias *{event.anchor} is not allowed in a study", event.start_mark.line + 1)
        if self.depth > DEPTH:
            raise YamlError(f"this is nested more than {DEPTH} levels deep", event.start_mark.line + 1)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _kind, _pattern, _first in SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), ["" if c == "\0" else c for c in _first]
    )


class _Dumper(yaml.SafeDumper):
    """Quotes text that either version of YAML would read as something else."""

    def ignore_aliases(self, data: object) -> bool:
        return True


for _kind, _pattern, _first in SCALARS:
    _Dumper.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), ["" if c == "\0" else c for c in _first]
    )


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    """1e-05 rather than 1.0e-05, where nothing is lost."""
    text = repr(value)
    if not math.isfinite(value):
        text = ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    elif "e" in text and "." not in text:
        text = text.replace("e", ".0e", 1)  # so that YAML 1.1 reads a number, too
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(float, _float)


def dump(data: object) -> str:
    """YAML that both versions of the language read alike; from the third level on everything stands on one line."""
    dumper = _Dumper(io.StringIO(), sort_keys=False)
    node = dumper.represent_data(data)
    _lay_out(node, 0)
    return yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=118)


def _lay_out(node: yaml.Node, depth: int) -> None:
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = depth > 1 or not node.value
        for child in node.value:
            _lay_out(child[1] if isinstance(child, tuple) else child, depth + 1)


def parse(text: str) -> tuple[object, dict[Path, int]]:
    """The data of a document, and for every path in it the line (from 1) on which its key or item stands.

    Raises YamlError."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        lines: dict[Path, int] = {}
        return (None if node is None else _construct(node, (), lines)), lines
    except RecursionError:
        raise YamlError("it is nested too deeply to be a study") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(str(error.problem or error.context or "cannot be read").split())
        raise YamlError(f"this is not YAML: {said}", None if mark is None else mark.line + 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        shown = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        raise YamlError(f"the character U+{shown:04X} is not allowed in YAML", line) from None
    except yaml.YAMLError as error:
        raise YamlError(f"this is not YAML: {' '.join(str(error).split())}") from None


def scalar(text: str) -> object:
    """One value as a study would read it: 3, 1e-4, true, null, [1, 2], or else text. For the command line."""
    try:
        return parse(text)[0]
    except YamlError:
        return text


def _construct(node: yaml.Node, path: Path, lines: dict[Path, int]) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        if node.tag != "tag:yaml.org,2002:map":
            raise YamlError(f"the tag {node.tag} is not known here", lines[path], path)
        mapping: Json = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = _construct(key_node, (*path, "?"), {}) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
                raise YamlError(f"a key must be text, not {shown}; put it in quotes", line, path)
            if key in mapping:
                first = lines[(*path, key)]
                raise YamlError(f"the key stands here twice, first in line {first}; keep one", line, (*path, key))
            lines[(*path, key)] = line
            mapping[key] = _construct(value_node, (*path, key), lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        if node.tag != "tag:yaml.org,2002:seq":
            raise YamlError(f"the tag {node.tag} is not known here", lines[path], path)
        return [_construct(item, (*path, i), lines) for i, item in enumerate(node.value)]
    return _scalar(node.tag.removeprefix("tag:yaml.org,2002:"), node.value, lines[path], path)


def _scalar(kind: str, text: str, line: int, path: Path) -> None | bool | int | float | str:
    try:
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        if kind == "int":
            number = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            if abs(number) >= 2**63:
                raise YamlError(f"{text:.20}{'…' * (len(text) > 20)} is too large a whole number", line, path)
            return number
        if kind == "float":
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    except YamlError:
        raise
    except (ValueError, KeyError):
        raise YamlError(f"{text!r:.40} is not of the type {kind}", line, path) from None
    raise YamlError(f"the tag {kind!r} is not known here", line, path)
