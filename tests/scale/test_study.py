"""Study files: written, read back equal; damaged, refused with the line, the path and what would be right."""

# ruff: noqa: E501 (a table: one error a line)

import json
import re

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scale.good_study import GOOD, SCHEMA_FILE

import nasbook
from nasbook.scale import SCHEMA, Study, StudyError, load_study
from nasbook.scale.study import load_space, parse_study, validate

# ---- random studies --------------------------------------------------------------------------------------


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


# what YAML 1.1, YAML 1.2 or a careless writer would take for something else
traps = st.sampled_from(["no", "1e-4", "010", "null", "~", "true", "1:30", "2021-01-01", "a: b", "- a", "#", "'", '"', "=", "<<", ".inf", "0x1F", "{}"])  # fmt: skip
texts = words | traps
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | finite | texts
plain_json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)


def unique(options: list) -> list:
    """Python takes True for 1; a space does, too."""
    return list({o: o for o in options}.values())


@st.composite
def parameters(draw) -> dict:
    space: dict = {}
    names = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    for name in names:
        kind = draw(st.sampled_from(["float", "int", "choice", "constant"]))
        if kind == "float":
            log = draw(st.booleans())
            positive = st.floats(1e-12, 1e12, allow_nan=False)
            low, high = sorted(
                draw(st.lists(positive if log else st.floats(-1e12, 1e12), min_size=2, max_size=2, unique=True))
            )
            spec = {"type": kind, "low": low, "high": high, "log": log}
        elif kind == "int":
            low = draw(st.integers(-(2**30), 2**30))
            spec = {"type": kind, "low": low, "high": low + draw(st.integers(1, 2**30))}
        elif kind == "choice":
            options = unique(draw(st.lists(scalars, min_size=1, max_size=4)))
            spec = {"type": kind, "options": options, "ordered": draw(st.booleans())}
        else:
            spec = {"type": kind, "value": draw(scalars)}
        parents = [n for n, s in space.items() if s["type"] == "choice"]
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            values = draw(st.lists(st.sampled_from(space[parent]["options"]), min_size=1, max_size=2))
            spec["when"] = {parent: values if draw(st.booleans()) else values[0]}
        space[name] = spec
    return space


maybe = lambda strategy: st.none() | strategy  # noqa: E731


@st.composite
def studies(draw) -> Study:
    low, high = sorted(draw(st.lists(st.floats(0.1, 1e4), min_size=2, max_size=2)))
    return validate(
        {
            "schema": SCHEMA,
            "name": draw(texts),
            "notes": draw(st.just("") | texts),
            "task": {"name": draw(texts), "arguments": draw(st.dictionaries(texts, plain_json, max_size=3))},
            "space": draw(parameters()),
            "method": {"name": draw(texts), "settings": draw(st.dictionaries(texts, plain_json, max_size=3))},
            "fidelity": draw(maybe(st.just({"unit": "epoch", "min": low, "max": high}))),
            "budget": {
                "trials": draw(maybe(st.integers(1, 10**6))),
                "hours": draw(maybe(st.floats(1e-3, 8000))),
                "timeout": draw(maybe(st.floats(1e-3, 1e6))),
                "max_failures": draw(st.integers(0, 100)),
            },
            "workers": draw(st.integers(1, 1024)),
            "resources": {"cpus": draw(st.integers(1, 64)), "gpus": draw(st.sampled_from([0, 0.25, 0.5, 1, 2, 8.0]))},
            "seeds": {"search": draw(st.integers(0, 2**32)), "training": draw(maybe(st.integers(0, 2**32 - 1)))},
            "first": draw(st.lists(st.dictionaries(texts, scalars, max_size=3), max_size=3)),
            "provenance": draw(maybe(st.just({"nasbook": "0.1", "best": 0.25, "trials": 20}))),
        }
    )


@given(studies())
def test_what_is_written_is_read_back_equal(study):
    assert parse_study(study.to_yaml("a comment\nof two lines")) == study


@given(studies())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_study_satisfies_the_schema_on_disk(study):
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(study.to_dict())


@given(studies())
def test_readers_of_yaml_1_1_see_the_same_values(study):
    """An editor or script with plain PyYAML is not misled."""
    assert yaml.safe_load(study.to_yaml()) == study.to_dict()


@given(studies(), st.data())
def test_a_damaged_file_is_refused_in_one_sentence_or_is_still_a_study(study, data):
    text = study.to_yaml()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    junk = data.draw(
        st.text(max_size=6) | st.sampled_from(["\t", ": ", "- ", "{", "]", "&a ", "*a", "!!", "\x00", "\n\n"])
    )
    try:
        parse_study(text[:start] + junk + text[end:], "study.yaml")
    except StudyError as error:
        assert str(error).startswith("study.yaml")
        assert "\n" not in str(error)
        assert error.line is None or 1 <= error.line <= text.count("\n") + junk.count("\n") + 2


@given(studies(), st.data())
def test_a_key_that_is_dropped_doubled_or_misspelt_is_named_with_its_line(study, data):
    lines = study.to_yaml().splitlines()
    top = [i for i, line in enumerate(lines) if re.match(r"(task|space|method|budget|name|schema):", line)]
    i = data.draw(st.sampled_from(top))
    key = lines[i].partition(":")[0]
    section = [
        i,
        *range(i + 1, next((j for j in range(i + 1, len(lines)) if not lines[j].startswith((" ", "-"))), len(lines))),
    ]

    without = [line for j, line in enumerate(lines) if j not in section]
    with pytest.raises(StudyError, match=rf"the key '{key}' is missing: \w+"):
        parse_study("\n".join(without), "study.yaml")

    doubled = lines + [lines[j] for j in section]
    with pytest.raises(StudyError, match=rf"^study.yaml, line {len(lines) + 1}, {key}: .* first in line {i + 1};"):
        parse_study("\n".join(doubled), "study.yaml")

    misspelt = [line.replace(key, key + "x", 1) if j == i else line for j, line in enumerate(lines)]
    with pytest.raises(
        StudyError, match=rf"^study.yaml, line {i + 1}, {key}x: there is no such key; did you mean '{key}'"
    ):
        parse_study("\n".join(misspelt), "study.yaml")


def test_a_study_is_kept_unless_overwriting_is_asked_for(tmp_path):
    study = parse_study(GOOD)
    path = study.save(tmp_path / "new" / "study.yaml")
    with pytest.raises(StudyError, match="the file exists; overwrite=True"):
        study.save(path)
    path.write_text("old")
    study.save(path, overwrite=True)
    assert parse_study(path.read_text()) == study
    assert [p.name for p in path.parent.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "x: {type: int, low: 0, high: 1" + "0" * 400 + "}",
        "x: {type: float, low: -1e400, high: 1}",
        "x: {type: float, low: 0, high: " + "[" * 5000 + "]" * 5000 + "}",
        "x: {type: choice, options: [1" + "0" * 5000 + "]}",
        "x: {type: choice, options: [0x" + "f" * 300 + "]}",
        "? [a]\n: 1",
        "- 1",
        "&a [*a]",
        "x: !!python/name:os.system",
        "\0",
    ],
    ids=range(10),
)
def test_numbers_and_nesting_beyond_reason_are_one_sentence(tmp_path, text):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    for load in (load_space, load_study):
        with pytest.raises(StudyError) as caught:
            load(path)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 500 and str(path) in str(caught.value)


def test_a_space_has_a_file_of_its_own(tmp_path):
    path = tmp_path / "space.yaml"
    for text in ("x: {type: float, low: 0, high: 1}\n", "space:\n  x: {type: float, low: 0, high: 1}\n"):
        path.write_text(text)
        assert load_space(path) == nasbook.Space(x=nasbook.Float(0, 1))
    path.write_text(GOOD)
    assert load_space(path) == load_study(path, check=False).search_space
    for text, says in [
        ("x: {type: float, low: 0, high: 1}\ny: {type: flot}\n", "line 2, space.y.type: must be one of float"),
        ("space:\n  x: {type: int, low: 3, high: 1}\n", "line 2, space.x.low: must be below high"),
        ("x: {type: int, low: 0, high: 1, when: {z: 1}}\n", "line 1, space.x.when: "),
        ("[]", "a space is a mapping"),
    ]:
        path.write_text(text)
        with pytest.raises(StudyError) as caught:
            load_space(path)
        assert says in str(caught.value)
