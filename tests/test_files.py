"""Files that are damaged, hostile or written by two at once: one sentence each, and nothing is lost."""

import json
import os
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import PATIENCE

import nasbook
from nasbook.files import DEPTH, alone, lock, newer, parse_json, write_text
from nasbook.space import Float, Space
from nasbook.trace import Trace
from nasbook.trace_file import TraceFile

ROOT = Path(nasbook.__file__).parents[1]
SPACE = Space(x=Float(0, 1))


def bowl(config):
    return (config["x"] - 0.3) ** 2


def going(path, **options):
    task = nasbook.FunctionTask(bowl, SPACE, name="bowl")
    return nasbook.steps("random", task, trials=8, out=path, resume=True, **options)


# ---- what stands in a file ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "t.jsonl"
    nasbook.search("random", nasbook.FunctionTask(bowl, SPACE, name="bowl"), trials=3, out=path)
    return path.read_bytes().splitlines(keepends=True)


def told(path, data):
    """The sentence for this file, the same at every door, and the file is left as it is."""
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError) as error:
            Trace.load(path)
        with pytest.raises(ValueError) as again:
            list(going(path))
        with pytest.raises(ValueError) as warm:
            nasbook.search("random", bowl, space=SPACE, trials=1, warm_start=path)
    assert str(error.value) == str(again.value) == str(warm.value)
    assert path.read_bytes() == data
    assert "\n" not in str(error.value) and len(str(error.value)) < len(str(path)) + 240
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("1e400", "the number 1e400 is too large"),
        ("-1e400", "the number -1e400 is too large"),
        ("1" * 400, "a whole number of 400 digits is too large"),
        ("-" + "1" * 5000, "a whole number of 5000 digits is too large"),
        ("[" * 100_000 + "]" * 100_000, "nested more than 100 levels deep"),
        ("[" * 500 + "]" * 500, "nested more than 100 levels deep"),
        ('{"a":' * 500 + "1" + "}" * 500, "nested more than 100 levels deep"),
        ("Infinity", "Infinity is not a number of JSON"),
        ("-Infinity", "-Infinity is not a number of JSON"),
        ("NaN", "NaN is not a number of JSON"),
        ("true", "trial 1 is done, so its value must be a number, not True"),
        ("[1, 2]", "trial 1 is done, so its value must be a number, not [1, 2]"),
        ("\0", "not a line of JSON (expecting value, "),
        ('"\xff', "not a line of JSON"),
    ],
    ids=lambda v: v[:12].replace("\0", "nul"),
)
def test_a_value_that_is_none_is_named_with_its_line(tmp_path, lines, value, sentence):
    row = json.loads(lines[4])
    damaged = lines[4].replace(json.dumps(row["value"]).encode(), value.encode("latin-1"))
    assert damaged != lines[4]
    for tail in (lines[5:], []):
        said = told(tmp_path / "t.jsonl", b"".join([*lines[:4], damaged, *tail]))
        assert said.startswith(f"{tmp_path / 't.jsonl'}, line 5: ") and sentence in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"values": "12"}, "values must be a list or null, not '12'"),
        ({"values": [1, True]}, "values must hold numbers, not True"),
        ({"values": [1, None]}, "values must hold numbers, not None"),
        ({"curve": {"1": 2}}, "curve must be a list"),
        ({"curve": ["12"]}, "curve must hold pairs of fidelity and value, not '12'"),
        ({"curve": [[1, 2, 3]]}, "curve must hold pairs of fidelity and value"),
        ({"curve": [[1, "2"]]}, "curve must hold numbers or null, not '2'"),
        ({"curve": [[None, 2]]}, "curve must hold numbers, not None"),
        ({"info": {"continues": "0"}}, "info.continues must be a whole number or null, not '0'"),
        ({"worker": -1}, "worker must be a number from 0 to"),
        ({"worker": 10**9}, "worker must be a number from 0 to"),
        ({"x" * 10_000: 1}, "unknown field"),
        ({"status": "x" * 10_000}, "status must be one of"),
        ({"event": {"a": ["x"] * 10_000}}, "event must be 'ask', 'again' or 'tell', not"),
        ({"config": {"x": "y" * 10_000}}, "x must be a number in [0, 1]"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_a_field_of_the_wrong_type_is_named_with_its_line(tmp_path, lines, change, sentence):
    row = json.dumps({**json.loads(lines[4]), **change}).encode() + b"\n"
    said = told(tmp_path / "t.jsonl", b"".join([*lines[:4], row, *lines[5:]]))
    assert said.startswith(f"{tmp_path / 't.jsonl'}, line 5: ") and sentence in said


def test_a_training_goes_on_with_an_earlier_one_only(tmp_path, lines):
    row = {**json.loads(lines[3]), "info": {"continues": 7}}
    said = told(tmp_path / "t.jsonl", b"".join([*lines[:3], json.dumps(row).encode() + b"\n", *lines[4:]]))
    assert "line 4: trial 1 goes on with trial 7, which is no earlier one" in said


@pytest.mark.parametrize("workers", [0, -3, 10**8, "2", True, None])
def test_a_header_has_a_number_of_workers_that_can_be(tmp_path, lines, workers):
    row = {**json.loads(lines[0]), "workers": workers}
    assert "line 1: workers must be" in told(tmp_path / "t.jsonl", json.dumps(row).encode() + b"\n")


def test_another_encoding_is_named(tmp_path, lines):
    path = tmp_path / "t.jsonl"
    text = b"".join(lines).decode()
    assert "line 1: not a line of JSON, because it is UTF-16 text" in told(path, text.encode("utf-16"))
    assert "line 1: not a line of JSON" in told(path, text.encode("utf-32"))
    latin = lines[0].replace(b'"seed": 0', '"seed": 0, "provenance": {"by": "Müller"}'.encode("latin-1"), 1)
    assert "line 1: not a line of JSON, because it is no UTF-8 text (byte " in told(path, latin + b"".join(lines[1:]))
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(lines))  # Windows' Notepad writes these three bytes
    assert len(Trace.load(path)) == 3
    path.write_bytes(b"".join(lines).replace(b"\n", b"\r\n"))
    assert len(Trace.load(path)) == 3 and len(list(going(path))) == 5 and len(Trace.load(path)) == 8


def test_a_blank_line_at_the_end_is_nothing_and_elsewhere_has_a_sentence(tmp_path, lines):
    path, whole = tmp_path / "t.jsonl", b"".join(lines)
    for end in (b"\n", b"\n\n \n", b"  ", b"\r\n"):
        path.write_bytes(whole + end)
        assert len(Trace.load(path)) == 3
        assert len(list(going(path))) == 5 and len(Trace.load(path)) == 8
    for i in range(len(lines)):
        said = told(path, b"".join([*lines[:i], b"\n", *lines[i:]]))
        assert f"line {i + 1}: the line is blank" in said
    cut = b"".join([*lines[:-1], lines[-1][:20], b"\n\n"])  # not the tail of a kill: the line had its end
    assert f"line {len(lines)}: not a line of JSON" in told(path, cut)


def test_every_cut_of_the_header_starts_anew(tmp_path):
    """Also where it ends in two brackets, as the header of a space does in its middle."""
    path = tmp_path / "t.jsonl"
    space = Space(x=Float(0, 1), y=Float(0, 1, when=None))
    run = lambda: nasbook.search("random", bowl, space=space, trials=2, out=path, resume=True)  # noqa: E731
    run()
    header = path.read_bytes().splitlines(keepends=True)[0]
    cuts = [i for i in range(len(header)) if header[:i].endswith(b"}}")]
    assert len(cuts) >= 2, "the space, and the whole header"
    for cut in (0, 1, 25, *cuts, len(header) - 2):
        path.write_bytes(header[:cut])
        assert len(run()) == 2 and len(Trace.load(path)) == 2, header[:cut]


def test_a_folder_and_a_device_have_a_sentence(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "trace.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"run is a folder, not a file; did you mean .*run/trace\.jsonl\?"):
        Trace.load(tmp_path / "run")
    for use in (lambda p: going(p), lambda p: nasbook.search("random", bowl, space=SPACE, trials=1).save(p)):
        with pytest.raises(ValueError, match=r"run is a folder; a trace is a file, e\.g\. .*run/trace\.jsonl"):
            use(tmp_path / "run")
    if os.path.exists("/dev/zero"):
        with pytest.raises(ValueError, match="/dev/zero is a device, not a file"):
            Trace.load("/dev/zero")


def test_an_error_names_the_file_and_no_hidden_one_beside_it(tmp_path):
    path = tmp_path / "gone" / "a.txt"
    with pytest.raises(FileNotFoundError) as error:
        write_text(path, "x")
    with pytest.raises(FileNotFoundError) as other, alone(path):
        pass
    assert error.value.filename == other.value.filename == str(path)


def test_a_schema_to_come_is_told_from_one_that_is_none():
    assert "newer nasbook (a/b@3; this one reads a/b@2)" in newer("a/b@3", "a/b@2")
    assert not any(
        newer(schema, "a/b@2") for schema in ("a/b@2", "a/b@1", "a/c@3", "a/b@x", "a/b@", 3, None, ["a/b@3"])
    )


def test_half_a_character_survives(tmp_path):
    trace = nasbook.search("random", bowl, space=SPACE, trials=1)
    noted = replace(trace.header, provenance={"note": "\ud800 and é"})
    trace = Trace(noted)
    assert Trace.load(trace.save(tmp_path / "t.jsonl")).header.provenance["note"] == "\ud800 and é"


def test_json_within_its_limits_is_taken():
    deep = "[" * DEPTH + "]" * DEPTH
    assert parse_json(deep) == json.loads(deep)
    flat = json.dumps([[i, {"a": [i]}] for i in range(500)])
    assert parse_json(flat.encode()) == json.loads(flat)
    assert parse_json('"' + "[" * 500 + '"') == "[" * 500
    assert parse_json(str(10**307)) == 10**307 and parse_json("1e308") == 1e308
    with pytest.raises(ValueError, match=r"^not JSON \(expecting .*, line 2, character 3\)$"):
        parse_json('{"a": 1,\n  }')


# ---- one writer at a time ------------------------------------------------------------------------------------

WRITER = """
import sys, nasbook
sys.path.insert(0, sys.argv[2])
from test_files import going
steps = going(sys.argv[1])
next(steps)
print("writes", flush=True)
sys.stdin.readline()
for step in steps: pass
"""


@pytest.fixture
def other(tmp_path):
    """Another process in the middle of a search that writes t.jsonl; `other.go_on()` lets it end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "t.jsonl"), str(Path(__file__).parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert process.stdout.readline() == "writes\n"
    yield process
    process.kill()
    process.communicate()


BUSY = r"another search is writing .*t\.jsonl; wait for its end or end it, or give another name"


def test_another_process_is_kept_out_until_the_first_ends(tmp_path, other, capsys):
    from nasbook.cli import main

    path = tmp_path / "t.jsonl"
    before = path.read_bytes()
    with pytest.raises(ValueError, match=BUSY):
        going(path)
    with pytest.raises(ValueError, match=BUSY):  # a lab's Save
        nasbook.search("random", bowl, space=SPACE, trials=1).save(path)
    assert main(["search", "random", "branin", "--trials", "2", "--out", str(path), "--resume"]) == 2
    assert "another search is writing" in capsys.readouterr().err
    assert path.read_bytes() == before and len(Trace.load(path)) == 1  # it can be read meanwhile
    other.communicate("\n", timeout=PATIENCE)
    assert other.returncode == 0 and len(Trace.load(path)) == 8
    assert len(list(going(path, seed=0))) == 0


def test_a_killed_writer_keeps_nobody_out(tmp_path, other):
    other.kill()
    other.communicate()
    assert len(list(going(tmp_path / "t.jsonl"))) == 7 and len(Trace.load(tmp_path / "t.jsonl")) == 8


def test_a_cell_run_again_ends_the_search_that_it_left_in_the_middle(tmp_path):
    path = tmp_path / "t.jsonl"
    left = going(path)
    next(left), next(left)
    with pytest.warns(UserWarning, match=r"the search that was left in the middle and wrote .*t\.jsonl is ended now"):
        again = going(path)
    assert len(list(again)) == 6 and list(left) == []
    assert len(Trace.load(path)) == 8
    unbegun = going(path)
    with pytest.warns(UserWarning, match="left in the middle"):
        assert list(going(path)) == [] and unbegun is not None


def test_an_abandoned_search_lets_go_when_it_is_forgotten(tmp_path):
    path = tmp_path / "t.jsonl"
    left = going(path)
    next(left)
    ring = [left]
    ring.append(ring)  # only the garbage collector finds it
    del left, ring
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(going(path))) == 7


def test_a_search_of_another_thread_is_not_ended(tmp_path):
    """A lab plays while a cell goes on with its file."""
    path, begun, enough, found = tmp_path / "t.jsonl", threading.Event(), threading.Event(), []

    def play():
        for step in going(path):
            found.append(step)
            begun.set()
            enough.wait(PATIENCE)

    lab = threading.Thread(target=play)
    lab.start()
    begun.wait(PATIENCE)
    try:
        with pytest.raises(ValueError, match=r"a search in this very process is writing .*t\.jsonl; wait for its end"):
            going(path)
    finally:
        enough.set()
        lab.join()
    assert len(found) == 8 and len(Trace.load(path)) == 8


def test_an_objective_that_searches_into_its_own_file_fails_with_the_sentence(tmp_path):
    path = tmp_path / "t.jsonl"

    def searches(config):
        return len(list(going(path)))

    trace = nasbook.search("random", searches, space=SPACE, trials=2, out=path)
    assert [t.status for t in trace.trials] == ["failed"] * 2
    assert "a search in this very process is writing" in trace.trials[0].reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_holds_no_lock_and_writes_nothing(tmp_path):
    """joblib and multiprocessing fork; a child that outlives a killed search must not keep the next one out."""
    path = tmp_path / "t.jsonl"
    steps = going(path)
    next(steps)
    hold, release = os.pipe()
    ready, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(release)
            os.write(say, b".")
            os.read(hold, 1)  # until the parent closes its end
            next(steps)
        finally:
            os._exit(0)
    os.read(ready, 1)
    steps.close()
    before = path.read_bytes()
    with open(path, "rb") as file:
        assert lock(file)
    os.close(release)
    os.waitpid(child, 0)
    for end in (hold, ready, say):
        os.close(end)
    assert path.read_bytes() == before and len(list(going(path))) == 7


def test_a_run_and_a_search_share_the_lock(tmp_path):
    from nasbook.scale import run

    search = nasbook.search("random", "branin", trials=2)
    study = search.export(tmp_path / "study.yaml", trials=2)
    (tmp_path / "out").mkdir()
    with open(tmp_path / "out" / ".lock", "w") as folder:
        assert lock(folder)
        with pytest.raises(ValueError, match="another run is at work in .*out; wait for it, or use another --out"):
            run(study, tmp_path / "out")
    with TraceFile(tmp_path / "out" / "trace.jsonl"), pytest.raises(ValueError, match="is writing .*trace.jsonl"):
        run(study, tmp_path / "out")
    assert len(run(study, tmp_path / "out")) == 2


def test_a_file_that_was_replaced_meanwhile_is_opened_anew(tmp_path, monkeypatch):
    """Another kernel saves over the file between our opening and our locking."""
    path, real, moves = tmp_path / "t.jsonl", lock, iter([True])

    def slow(file):
        if next(moves, False):
            os.replace(path, tmp_path / "moved.jsonl")
        return real(file)

    monkeypatch.setattr("nasbook.trace_file.lock", slow)
    trace = nasbook.search("random", bowl, space=SPACE, trials=3, out=path)
    assert trace.digest == Trace.load(path).digest


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_trace_that_is_deleted_while_it_is_written_is_written_anew(tmp_path, what):
    path = tmp_path / "run" / "t.jsonl"
    search = going(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for k, _ in enumerate(search):
            if k in (2, 5):
                path.unlink()
                if what == "folder":
                    path.parent.rmdir()
    assert [str(w.message) for w in said if w.category is UserWarning] == [
        f"{path} was deleted while a search wrote it; it is written anew, with every trial"
    ] * 2
    whole = nasbook.search("random", nasbook.FunctionTask(bowl, SPACE, name="bowl"), trials=8)
    assert [t.config for t in Trace.load(path).trials] == [t.config for t in whole.trials]
    assert len(list(going(path))) == 0  # and it can be gone on with


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be replaced there")
def test_a_trace_that_is_replaced_while_it_is_written_goes_on_under_another_name(tmp_path):
    path = tmp_path / "t.jsonl"
    (tmp_path / "t-2.jsonl").write_text("somebody's")
    with pytest.warns(UserWarning, match=r"t\.jsonl was replaced by another file .* in .*t-3\.jsonl now") as said:
        for k, _ in enumerate(going(path)):
            if k == 2:
                (tmp_path / "other").write_text("somebody else's")
                os.replace(tmp_path / "other", path)
            elif k == 3:  # nobody else writes it
                with open(tmp_path / "t-3.jsonl", "rb") as file:
                    assert not lock(file)
    assert len(said) == 1
    assert path.read_text() == "somebody else's" and (tmp_path / "t-2.jsonl").read_text() == "somebody's"
    assert len(Trace.load(tmp_path / "t-3.jsonl")) == 8
