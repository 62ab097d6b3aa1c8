"""Traces on disk: they come back equal, survive every cut, and name the line of any other damage."""

import json
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from told_traces import SPACE, Simulated, lines_of, make, same

import nasbook
from nasbook.search import search
from nasbook.space import Space
from nasbook.task import Evaluation
from nasbook.trace import Header, Trace, Trial
from nasbook.trial import plain


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return lines_of(tmp_path_factory.mktemp("trace") / "t.jsonl")


# ---- save and load ---------------------------------------------------------------------------------------


def test_a_trace_written_while_it_grows_loads_equal(tmp_path):
    trace = make(tmp_path / "t.jsonl")
    same(Trace.load(tmp_path / "t.jsonl"), trace)


def test_save_and_load_are_inverse(tmp_path, lines):
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join(lines))
    trace = Trace.load(path)
    saved = trace.save(tmp_path / "deep" / "again.jsonl")
    assert saved.read_bytes() == path.read_bytes()
    same(Trace.load(saved), trace)
    assert [p.name for p in saved.parent.iterdir()] == ["again.jsonl"]  # no scratch file is left


values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
trees = st.recursive(
    values, lambda t: st.lists(t, max_size=3) | st.dictionaries(st.text(), t, max_size=3), max_leaves=6
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["done", "failed", "pruned"]), numbers, st.dictionaries(st.text(), trees, max_size=2)
        ),
        max_size=6,
    ),
    st.text(),
    st.lists(st.tuples(numbers, st.one_of(st.none(), numbers)), max_size=3),
    st.integers(0, 3),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_trial_survives_the_way_to_disk(tmp_path, ended, text, curve, in_flight):
    trace = Trace(Header("random", text, SPACE, seed=1, settings={"a": text}, provenance={"date": "now"}))
    rng = np.random.default_rng(0)
    for i, (status, number, tree) in enumerate(ended):
        trial = Trial(i, SPACE.sample(rng), start=float(i), info={"by": text})
        trace.started(trial)
        value = number if status == "done" else None
        reason = None if status == "done" else text
        trial = replace(trial, status=status, value=value, metrics=tree, reason=reason, curve=tuple(curve), end=i + 0.5)
        trace.ended(replace(trial, values=(number, 2.0) if status == "done" else None, cost=0.5))
    for i in range(in_flight):
        trace.started(Trial(len(ended) + i, SPACE.sample(rng), worker=i))
    loaded = Trace.load(trace.save(tmp_path / "t.jsonl"))
    same(loaded, trace)
    assert [t.id for t in loaded.pending] == list(range(len(ended), len(ended) + in_flight))


def test_what_a_trace_says(tmp_path):
    trace = make()
    done = [t for t in trace.trials if t.status == "done"]
    assert trace.best == min(done, key=lambda t: t.value) == trace.incumbent
    assert len(trace) == 12 and trace.asked == 12 and not trace.pending
    assert np.isnan(trace.values).sum() == 12 - len(done)
    running = [min((t.value for t in trace.trials[: i + 1] if t.status == "done"), default=math.nan) for i in range(12)]
    assert np.array_equal(trace.incumbent_values, running, equal_nan=True)
    assert list(trace.times) == sorted(trace.times)
    assert repr(trace).startswith("<Trace: random on simulated, seed 4, 12 trials, best ")
    assert len(trace.digest) == 12 and trace.digest == make().digest != make(seed=5).digest
    assert trace[3].index == 3 and [s.trial for s in trace] == trace.trials


def test_best_says_why_there_is_none():
    empty = Trace(Header("random", "t", SPACE))
    with pytest.raises(LookupError, match="^no trial of this trace has succeeded$"):
        _ = empty.best
    assert "no success yet" in repr(empty) and len(empty.values) == 0

    def fails(config):
        raise KeyError("gone")

    trace = search("random", fails, space=SPACE, trials=2)
    with pytest.raises(LookupError, match="the first of 2 failures: KeyError: 'gone'"):
        _ = trace.best
    assert np.isnan(trace.incumbent_values).all()


def test_plain_makes_json_types():
    x = {
        "a": np.float32(0.5),
        1: np.arange(3),
        "n": (math.nan, np.inf, np.bool_(True)),
        "s": np.str_("t"),
        "f": np.float64(1),
    }
    y = plain(x)
    assert y == {"a": 0.5, "1": [0, 1, 2], "n": [None, None, True], "s": "t", "f": 1.0}
    assert type(y["a"]) is float and type(y["f"]) is float and type(y["n"][2]) is bool
    assert json.loads(json.dumps(y, allow_nan=False)) == y
    with pytest.raises(TypeError, match="of type object cannot be kept in a trace"):
        plain({"o": object()})


def test_a_metric_that_cannot_be_kept_is_left_out():
    with pytest.warns(UserWarning, match="'o' is dropped: .*cannot be kept in a trace"):
        trace = search("random", lambda c: Evaluation(1.0, metrics={"o": object()}), space=SPACE, trials=2)
    assert [(t.status, t.metrics) for t in trace.trials] == [("done", {})] * 2


def test_resume_after_a_cut_at_any_event_equals_the_whole_byte_for_byte(tmp_path, lines):
    whole, path = b"".join(lines), tmp_path / "t.jsonl"
    for kept in range(1, len(lines) + 1):
        following = lines[kept] if kept < len(lines) else b""
        for torn in {b"", following[:1], following[: len(following) // 2], following[:-1]}:
            path.write_bytes(b"".join(lines[:kept]) + torn)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trace = make(path, resume=True)
            now = path.read_bytes().splitlines(keepends=True)
            again = [line for line in now if line.startswith(b'{"event": "again"')]  # a cut-off trial is begun anew
            rows = [*lines[:kept], torn] if torn and torn == following[:-1] else lines[:kept]
            begun, ended = (sum(b'"event": "%s"' % kind in row for row in rows) for kind in (b"ask", b"tell"))
            assert len(again) == begun - ended, (kept, torn)
            assert b"".join(line for line in now if line not in again) == whole, (kept, torn)
            same(trace, Trace.load(path))


def test_resume_after_a_cut_header_starts_anew(tmp_path, lines):
    """Nothing had been computed then; the header is written before the first trial."""
    path = tmp_path / "t.jsonl"
    for cut in (0, 1, 20, len(lines[0]) - 2, len(lines[0]) - 1):
        path.write_bytes(lines[0][:cut])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trace = make(path, resume=True)
        assert len(trace) == 12 and trace.digest == make().digest
        same(Trace.load(path), trace)


def test_resume_never_overwrites_another_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"my thesis")  # one line, without a newline
    with pytest.raises(ValueError, match=r"notes\.txt, line 1: not a line of JSON"):
        make(path, resume=True)
    assert path.read_bytes() == b"my thesis"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"event": "asked"}, "event must be 'ask', 'again' or 'tell', not 'asked'"),
        ({"event": ["tell"]}, "event must be 'ask', 'again' or 'tell'"),
        ({"status": "finished"}, "status must be one of running, done, failed, pruned, not 'finished'"),
        ({"status": "running"}, "trial 0 ends with status 'running'"),
        ({"value": None}, "trial 0 is done, so its value must be a number, not None"),
        ({"value": "0.5"}, "trial 0 is done, so its value must be a number, not '0.5'"),
        ({"value": math.nan}, "NaN"),
        ({"value": math.inf}, "Infinity"),
        ({"id": 7}, "trial 7 ends, but it had not started or had ended before"),
        ({"id": "0"}, ""),
        ({"id": None}, ""),
        ({"config": {}}, "parameter 'x' is missing"),
        ({"config": {"x": 2.0, "n": 1, "c": "a"}}, "x must lie in [0, 1], not 2"),
        ({"config": {"n": 1, "x": 0.5, "c": "a", "z": 1}}, "unknown parameter 'z'"),
        ({"config": None}, "a configuration is a dict"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"curve": 3}, ""),
        ({"curve": [1, 2]}, ""),
        ({"curve": [["a", "b"]]}, ""),
        ({"values": 3}, ""),
        ({"metrics": 3}, "metrics must be"),
        ({"info": []}, "info must be"),
        ({"end": "soon"}, "end must be"),
        ({"cost": "3"}, "cost must be"),
        ({"worker": None}, "worker must be"),
        ({"fidelity": "high"}, "fidelity must be"),
        ({"reason": 3}, "reason must be"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, change, sentence):
    trace = search("random", lambda c: c["x"], space=SPACE, trials=2)
    lines = trace.save(tmp_path / "t.jsonl").read_bytes().splitlines(keepends=True)
    row = {**json.loads(lines[2]), **change}
    (tmp_path / "t.jsonl").write_bytes(b"".join([*lines[:2], json.dumps(row).encode() + b"\n", *lines[3:]]))
    with pytest.raises(ValueError, match=r"t\.jsonl, line 3: ") as error:
        Trace.load(tmp_path / "t.jsonl")
    assert sentence in str(error.value)


def test_an_empty_and_a_missing_file(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(b"")
    with pytest.raises(ValueError, match=r"t\.jsonl: the file is empty; a trace begins with a header line"):
        Trace.load(tmp_path / "t.jsonl")
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "nowhere.jsonl")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_of_any_kind_is_a_value_error_that_names_a_line(tmp_path, lines, data):
    """Any byte, or any node of the JSON, replaced: the file is refused with a line's number, or it still is a trace."""
    i = data.draw(st.integers(0, len(lines) - 1))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(lines[i]) - 2))
        damaged = lines[i][:at] + data.draw(st.binary(min_size=1, max_size=2)) + lines[i][at + 1 :]
    else:
        row = json.loads(lines[i])
        node = row
        while True:
            key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
            if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
                break
            node = node[key]
        node[key] = data.draw(trees)
        damaged = json.dumps(row).encode() + b"\n"
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join([*lines[:i], damaged, *lines[i + 1 :]]))
    try:
        trace = Trace.load(path)
    except ValueError as error:
        assert f"{path}, line " in str(error) and "\n" not in str(error)
        return
    assert isinstance(repr(trace), str) and len(trace.values) == len(trace) and len(trace.times) == len(trace)
    same(Trace.load(trace.save(tmp_path / "again.jsonl")), trace)


# ---- resume ----------------------------------------------------------------------------------------------


def test_resume_may_go_further_than_planned(tmp_path):
    path = tmp_path / "t.jsonl"
    make(path, trials=5)
    # with 3 workers the clock ran out of trials at 5, so only a search by one worker goes on as if never stopped
    one = tmp_path / "one.jsonl"
    make(one, trials=5, workers=1)
    longer = make(one, trials=12, workers=1, resume=True)
    whole = make(workers=1)
    assert longer.digest == whole.digest and longer.events == whole.events


def test_resume_of_a_finished_search_changes_nothing(tmp_path):
    path = tmp_path / "t.jsonl"
    trace = make(path)
    before = path.read_bytes()
    same(make(path, resume=True), trace)
    assert path.read_bytes() == before


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "t.jsonl"
    make(path, trials=2)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"t\.jsonl exists; resume=True goes on with it, another name starts anew"):
        make(path, trials=2)
    with pytest.raises(ValueError, match=r"t\.jsonl holds another search: seed is 4 there and 9 here"):
        make(path, seed=9, resume=True)
    with pytest.raises(ValueError, match="workers is 3 there and 2 here"):
        make(path, workers=2, resume=True)
    with pytest.raises(ValueError, match="method is 'random' there and 'grid' here"):
        search("grid", Simulated(), trials=2, seed=4, workers=3, out=path, resume=True)
    other = Simulated()
    other.space = Space({n: SPACE.parameters[n] for n in ("n", "x", "c", "y")})  # the same in another order
    with pytest.raises(ValueError, match="space is .* there"):
        search("random", other, trials=2, seed=4, workers=3, out=path, resume=True)
    assert path.read_bytes() == before


def test_a_trace_made_with_other_code_is_not_continued(tmp_path, lines):
    """A recorded configuration that the method would not choose today: say so before anything is evaluated."""
    path = tmp_path / "t.jsonl"
    rows = [json.loads(line) for line in lines]
    for row in rows[1:]:
        if row["id"] == 1:
            row["config"] = {"x": 0.123, "n": 3, "c": "a"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(
        ValueError, match="this trace cannot be continued: for trial 1 the method now asks for .*'x': 0.123"
    ):
        make(path, resume=True)


def test_export_and_plot_hang_on_a_trace():
    assert Trace.export is nasbook._export and Trace.plot is nasbook._plot
