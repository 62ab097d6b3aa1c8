"""Study files: written, read back equal; damaged, refused with the line, the path and what would be right."""

# ruff: noqa: E501 (a table: one error a line)

import json
import math
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nasbook
from nasbook.scale import SCHEMA, Study, StudyError, json_schema, load_study
from nasbook.scale.study import load_space, parse_study, validate

SCHEMA_FILE = Path(nasbook.__file__).parent / "scale" / "study.schema.json"

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


# ---- each error ------------------------------------------------------------------------------------------

GOOD = """\
schema: nasbook/study@1
name: toy
task:
  name: digits-mlp
  arguments: {epochs: 4, train: 100}
space:
  optimizer: {type: choice, options: [sgd, adamw]}
  lr:
    type: float
    low: 1e-4
    high: 0.1
    log: true
  momentum: {type: float, low: 0, high: 0.9, when: {optimizer: sgd}}
  weight_decay: {type: float, low: 1e-6, high: 0.1, log: true}
  batch: {type: int, low: 16, high: 64}
  width: {type: constant, value: 32}
  depth: {type: int, low: 1, high: 4}
  dropout: {type: float, low: 0, high: 0.5}
  activation: {type: constant, value: relu}
method:
  name: grid
  settings: {resolution: 2}
fidelity: {unit: epoch, min: 1, max: 4}
budget:
  trials: 20
workers: 2
resources: {cpus: 1, gpus: 0}
seeds: {search: 1}
first:
- {optimizer: adamw, lr: 0.01, weight_decay: 1e-3, batch: 32, width: 32, depth: 2, dropout: 0.1, activation: relu}
"""

# (text, instead, what the error says after the file's name)
ERRORS = [
    ("low: 1e-4", "low: 0.2", "line 10, space.lr.low: must be below high (0.1), not 0.2"),
    ("low: 1e-4", "low: 0", "line 10, space.lr.low: must be above 0 on a logarithmic scale, not 0"),
    ("low: 1e-4", "lo: 1e-4", "line 10, space.lr.lo: there is no such key; did you mean 'low'?"),
    ("low: 1e-4", "low: small", 'line 10, space.lr.low: must be a number, not "small"'),
    ("low: 1e-4", "low: .nan", "line 10, space.lr.low: must be a finite number, not NaN"),
    ("log: true", "log: yes", 'line 12, space.lr.log: must be true or false, not "yes"'),
    ("    type: float\n", "    type: flaot\n", 'line 9, space.lr.type: must be one of float, int, choice, constant, not "flaot"'),
    ("    type: float\n", "", "line 8, space.lr: the key 'type' is missing"),
    ("    low: 1e-4\n", "", "line 8, space.lr: the key 'low' is missing: the lowest value"),
    ("low: 16", "low: 16.5", "line 15, space.batch.low: must be a whole number, not 16.5"),
    ("options: [sgd, adamw]", "options: []", "line 7, space.optimizer.options: must hold at least 1"),
    ("options: [sgd, adamw]", "options: [sgd, sgd]", "line 7, space.optimizer: the options must differ"),
    ("options: [sgd, adamw]", "options: [sgd, [1]]", "line 7, space.optimizer.options.1: must be a number, text"),
    ("{optimizer: sgd}", "{optimizer: adam}", "line 13, space.momentum.when: exists when optimizer = 'adam', but"),
    ("{optimizer: sgd}", "{depth: 9}", "line 13, space.momentum.when: exists when depth has a value, but depth stands later"),
    ("  dropout: {type", "  droput: {type", "line 18, space.droput: the task digits-mlp has no such parameter; did you mean 'dropout'?"),
    ("  depth: {type: int, low: 1, high: 4}\n", "", "line 6, space: the task digits-mlp needs the parameter 'depth'"),
    ("name: digits-mlp", "name: digits-mpl", "line 4, task.name: there is no task 'digits-mpl'; did you mean 'digits-mlp'?"),
    ("name: digits-mlp", "name: digits:", "line 4: this is not YAML"),
    ("name: digits-mlp", "name: 'a b:c'", "line 4, task.name: an import path looks like package.module:function, not 'a b:c'"),
    ("name: digits-mlp", "name: no_such_module:f", "line 4, task.name: there is no module 'no_such_module'"),
    ("name: digits-mlp", "name: json:dump5", "line 4, task.name: json is Python's own module, and a study runs nothing of it"),
    ("train: 100", "trian: 100", "line 5, task.arguments.trian: task digits-mlp: got an unexpected keyword argument 'trian'"),
    ("train: 100", "train: 0", "line 5, task.arguments.train: digits-mlp: train must be a whole number of at least 1"),
    ("name: grid", "name: gird", "line 21, method.name: there is no method 'gird'; did you mean 'grid'?"),
    ("resolution: 2", "resolution: 1", "line 22, method.settings.resolution: grid: resolution must be a whole number of at least 2"),
    ("resolution: 2", "resolution: two", 'line 22, method.settings.resolution: must be a whole number, not "two"'),
    ("resolution: 2", "resolutoin: 2", "line 22, method.settings.resolutoin: grid has no such setting; did you mean 'resolution'?"),
    ("resolution: 2", "resolution: 40", "line 22, method.settings.resolution: grid: 2 × 40 × 40"),
    ("unit: epoch", "unit: step", "line 23, fidelity.unit: must be 'epoch', as digits-mlp counts it"),
    ("min: 1, max: 4", "min: 9, max: 4", "line 23, fidelity.min: must not be above max (4), not 9"),
    ("min: 1, max: 4", "min: 1", "line 23, fidelity: the key 'max' is missing"),
    ("trials: 20", "trials: 0", "line 25, budget.trials: must be at least 1, not 0"),
    ("trials: 20", "trials: 1e3", "line 25, budget.trials: must be a whole number, not 1000.0"),
    ("trials: 20", "trails: 20", "line 25, budget.trails: there is no such key; did you mean 'trials'?"),
    ("trials: 20", "max_failures: 1", "line 24, budget: give trials, hours or both"),
    ("trials: 20", "hours: -1", "line 25, budget.hours: must be above 0, not -1"),
    ("trials: 20", "trials: 20\n  trials: 30", "line 26, budget.trials: the key stands here twice, first in line 25"),
    ("workers: 2", "workers: two", 'line 26, workers: must be a whole number, not "two"'),
    ("workers: 2", "workers: true", "line 26, workers: must be a whole number, not true"),
    ("gpus: 0", "gpus: 1.5", "line 27, resources.gpus: must be a fraction of one GPU or a whole number, not 1.5"),
    ("gpus: 0", "gpus: 1, device: cpu", "line 27, resources.gpus: must be 0 where the device is cpu, not 1"),
    ("gpus: 0", "device: tpu", "line 27, resources.device: must be 'auto', 'cpu' or 'cuda', not \"tpu\""),
    ("search: 1", "search: -1", "line 28, seeds.search: must be at least 0, not -1"),
    ("lr: 0.01", "lr: 5", "line 30, first.0.lr: must lie in [0.0001, 0.1], not 5"),
    ("lr: 0.01, ", "", "line 30, first.0: parameter 'lr' is missing"),
    ("lr: 0.01", "lr: 0.01, lrx: 1", "line 30, first.0.lrx: unknown parameter 'lrx': did you mean 'lr'?"),
    ("adamw, lr", "adamw, momentum: 0.5, lr", "line 30, first.0.momentum: exists only when optimizer in ['sgd']"),
    ("schema: nasbook/study@1", "schema: nasbook/study@2", 'line 1, schema: must be \'nasbook/study@1\', not "nasbook/study@2"'),
    ("schema: nasbook/study@1\n", "", "line 1: the key 'schema' is missing"),
    ("name: toy", "name: [toy]", "line 2, name: must be text, not a list"),
    ("name: toy", "name: *toy", "line 2: the alias *toy is not allowed in a study"),
    ("name: toy", "name: !!binary toy", "line 2, name: the tag 'binary' is not known here"),
    ("name: toy", "1: toy", "line 2: a key must be text, not 1; put it in quotes"),
    ("fidelity: {unit: epoch, min: 1, max: 4}", "fidelity: 3", "line 23, fidelity: must be a mapping (key: value), not 3"),
]  # fmt: skip


def test_the_study_that_the_errors_start_from_is_good(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD)
    study = load_study(path)
    assert study.search_space.parameters["lr"] == nasbook.Float(1e-4, 0.1, log=True)
    assert study.first[0]["weight_decay"] == 0.001


def test_a_parameter_that_cannot_exist_in_the_space_is_not_asked_for(tmp_path):
    path, lines = tmp_path / "study.yaml", GOOD.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("  momentum:"))
    path.write_text(without)
    with pytest.raises(StudyError, match="digits-mlp needs the parameter 'momentum'"):
        load_study(path)
    path.write_text(without.replace("options: [sgd, adamw]", "options: [adamw]"))
    assert "momentum" not in load_study(path).search_space.parameters


@pytest.mark.parametrize(("text", "instead", "says"), ERRORS, ids=[f"{b!r:.40}" for _, b, _ in ERRORS])
def test_each_error_names_line_and_path_and_what_would_be_right(tmp_path, text, instead, says):
    assert GOOD.count(text) >= 1
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace(text, instead, 1))
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert str(caught.value).startswith(f"{path}, {says}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty; a study begins with schema: nasbook/study@1"),
        (b"# only a comment\n", "the file is empty"),
        (b"\xff\xfe\x00", "the file is not UTF-8 text"),
        (b"[" * 5000, "line 1: this is nested more than 100 levels deep"),
        (b"- a\n- b\n", "line 1: must be a mapping (key: value), not a list"),
        (b"just words\n", 'line 1: must be a mapping (key: value), not "just words"'),
        (b"a: 1\n---\nb: 2\n", "line 2: this is not YAML: but found another document"),
        (b"a: \x01\n", "line 1: the character U+0001 is not allowed in YAML"),
    ],
)
def test_files_that_are_no_studies_at_all(tmp_path, data, says):
    path = tmp_path / "study.yaml"
    path.write_bytes(data)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert says in str(caught.value) and str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(StudyError, match="nothing.yaml: there is no such file"):
        load_study(tmp_path / "nothing.yaml")
    with pytest.raises(StudyError, match="this is a folder; give the study file in it"):
        load_study(tmp_path)


def test_one_training_takes_no_workers_and_no_first_trials(tmp_path):
    space = nasbook.task("digits-cells").space.to_dict()
    good = {
        "schema": SCHEMA,
        "name": "d",
        "task": {"name": "digits-cells"},
        "space": space,
        "method": {"name": "darts"},
        "budget": {},
    }
    first = [nasbook.task("digits-cells").space.decode([0.5] * 6)]
    for more, says in [
        ({"workers": 2}, "workers: must be 1: darts is one training"),
        ({"first": first}, "first: must be left out: darts is one training"),
        ({"seeds": {"training": 3}}, "seeds.training: must be left out"),
    ]:
        with pytest.raises(StudyError, match=says):
            validate({**good, **more}).check()
    validate(good).check()


# ---- the schema, and what a file means -------------------------------------------------------------------


def test_the_schema_on_disk_is_the_one_of_the_models():
    """To write it anew: nasbook.scale.json_schema()."""
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize(("text", "instead", "says"), [e for e in ERRORS if "such key" in e[2] or "missing" in e[2]])
def test_an_editor_with_the_schema_refuses_the_same_keys(text, instead, says):
    if "first.0" in says:
        pytest.skip("configurations are checked against the space, which no schema can")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    data = yaml.safe_load(GOOD.replace(text, instead, 1).replace("1e-", "1.0e-"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4), ("1E3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-1.5e+3", -1500.0), ("no", "no"), ("off", "off"),
        ("yes", "yes"), ("Yes", "Yes"), ("y", "y"), ("true", True), ("True", True), ("FALSE", False), ("null", None),
        ("~", None), ("", None), ("010", 10), ("0o10", 8), ("0x1F", 31), ("1_000", "1_000"), ("1:30", "1:30"),
        ("2021-01-01", "2021-01-01"), ("=", "="), ("'1'", "1"), ("-.inf", -math.inf), ("+12", 12), ("1e", "1e"),
        ("e5", "e5"), (".", "."), ("0b1", "0b1"), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text, value):
    from nasbook.scale.yaml12 import parse

    got = parse(f"key: {text}")[0]["key"]
    assert got == value and type(got) is type(value)


def test_a_study_is_kept_unless_overwriting_is_asked_for(tmp_path):
    study = parse_study(GOOD)
    path = study.save(tmp_path / "new" / "study.yaml")
    with pytest.raises(StudyError, match="the file exists; overwrite=True"):
        study.save(path)
    path.write_text("old")
    study.save(path, overwrite=True)
    assert parse_study(path.read_text()) == study
    assert [p.name for p in path.parent.iterdir()] == ["study.yaml"]


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [10**400, -(10**400), "branin", "x1", "\0", "\ud800", "objective:f", "a:b:c", "float", "int", "random"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "\ud800"},
        {"method": "\ud800"},
        {"\ud800": 3},
        {"name": "\ud800"},
        {"schema": "\ud800"},
        {"space": {"x": {"type": "\ud800"}}},
        {"space": {"\ud800": {"type": "flat"}}},
        {"budget": {"trials": "\ud800"}},
        {"method": {"name": "tpe", "settings": {"gamma": "\ud800"}}},
        {"first": [{"\ud800": 1}]},
    ],
)
def test_half_a_pair_of_characters_is_an_error_that_can_be_printed(change):
    with pytest.raises(StudyError) as error:
        validate({**yaml.safe_load(GOOD), **change}).check()
    assert str(error.value).encode()


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_check_raises_nothing_but_a_study_error(data):
    """Any value at any place of a study."""
    row = yaml.safe_load(GOOD)
    place, keys = row, []
    while True:  # a random place
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
        else:
            break
    place[key] = data.draw(HOSTILE)
    try:
        study = validate(row)
        study.check()
        study.to_yaml()
    except StudyError as error:
        assert "\n" not in str(error)


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


def test_another_librarys_word_among_the_settings_is_told_ours(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace("resolution: 2", "n_trials: 2", 1))
    with pytest.raises(StudyError, match=r"n_trials: grid has no such setting; say how many trials with trials=40"):
        load_study(path)


@pytest.mark.parametrize("name", ["successive-halving", "hyperband", "asha", "bohb", "dehb", "priorband"])
def test_rungs_end_at_the_studys_full_effort(name, tmp_path):
    """As in a search with the same fidelity: no trial is trained for longer than the study says."""
    text = f"""
schema: nasbook/study@1
name: rungs
task: {{name: "objective:f"}}
space:
  x: {{type: float, low: 0, high: 1}}
method: {{name: {name}}}
fidelity: {{unit: epoch, min: 2, max: 18}}
budget: {{trials: 40}}
"""
    (tmp_path / "objective.py").write_text("def f(config, fidelity):\n    return config['x']\n")
    at = tmp_path / "study.yaml"

    def read(old="", new=""):
        at.write_text(text.replace(old, new))
        return load_study(at)

    assert read().make_method().settings.levels == (2, 6, 18)
    with pytest.raises(
        StudyError, match=r"can be trained for 2 to 18 epochs, not for min_fidelity=2 to max_fidelity=27"
    ):
        read(f"{{name: {name}}}", f"{{name: {name}, settings: {{max_fidelity: 27}}}}")
    with pytest.raises(StudyError, match=r"budget.trials: .*trials=1 is too few"):
        read("trials: 40", "trials: 1")
