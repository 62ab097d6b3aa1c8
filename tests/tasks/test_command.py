"""A command line as an objective: what is filled in, what is read, how it ends."""

import json
import os

import pytest
from waiting import alive, until

import nasbook
from nasbook import Choice, Constant, Fidelity, Float, Int, Space
from nasbook.evaluation import evaluate
from nasbook.tasks import command as module
from nasbook.tasks.command import Command, Program
from nasbook.trace import Trial

SPACE = Space(x=Float(0, 1))


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def script(text, name="p.py"):
    with open(name, "w") as file:
        file.write("import json, os, sys, time\n" + text)


def trial(text, command="python p.py {x}", space=SPACE, config=None, **options):
    """The trial of a script."""
    script(text)
    return evaluate(Command(command, space), Trial(0, config or {"x": 0.25}), seed=7, **options)


# ---- what is filled in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["two words", "it's", '"', "$HOME `ls` $(ls); rm -rf *", "a\nb", "{x}", "--x", "", "é \u2028", True, None, 3],
)
def test_a_value_arrives_as_one_word_and_nothing_interprets_it(value):
    space = Space(v=Choice([value, "another"]))
    text = 'print(json.dumps({"value": 0, "words": sys.argv[1:]}))'
    ended = trial(text, "python p.py --v={v} {v} 'kept as is'", space, {"v": value})
    word = value if isinstance(value, str) else json.dumps(value)
    assert ended.metrics["words"] == [f"--v={word}", word, "kept as is"]


def test_a_word_without_a_value_is_left_out_with_its_option():
    space = Space(kind=Choice(["a", "b"]), degree=Int(1, 3, when={"kind": "b"}))
    program = Program("p --flag --kind {kind} --degree {degree} -d {degree} --d={degree} {{}} --n {fidelity} end")
    assert program.line({"kind": "a"})[1:] == ["--flag", "--kind", "a", "{}", "end"]
    with_both = program.line({"kind": "b", "degree": 2}, fidelity=3)[1:]
    assert with_both == ["--flag", "--kind", "b", "--degree", "2", "-d", "2", "--d=2", "{}", "--n", "3", "end"]
    program.check(space)


def test_the_context_is_filled_in_and_stands_in_the_environment():
    text = """
print(json.dumps({"value": 0, "words": sys.argv[1:], "config": json.loads(sys.argv[4]),
                  "env": [os.environ.get("NASBOOK_" + k) for k in ("CHECKPOINT", "SEED", "FIDELITY")]}))"""
    line = "python p.py {checkpoint} {seed} {fidelity} {config}"
    task = Command(line, Space(x=Float(0, 1), y=Constant("k")), Fidelity("epoch", 1, 9))
    script(text)
    ended = evaluate(task, Trial(0, {"x": 0.5, "y": "k"}), seed=7, checkpoint=module.Path("state"))
    state = os.path.abspath("state")
    assert ended.metrics["words"][:3] == ended.metrics["env"] == [state, "7", "9"]
    assert ended.metrics["config"] == {"x": 0.5, "y": "k"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("python p.py {x} {lr}", "placeholder {lr}, and the space no such parameter; there are x, checkpoint"),
        ("python p.py", "does not use the parameter x"),
        ("python p.py {x} > log", "no shell reads the command, so > means nothing"),
        ("python p.py {x} | tee", "no shell reads"),
        ("A=1 python p.py {x}", "begin it with env"),
        ("{x} p.py", "begins with a program"),
        ("python 'p.py {x}", "no closing quotation"),
        ("python p.py {x} {", "a brace itself is written {{ or }}"),
        ("  ", "a command is a line of text"),
        (3, "a command is a line of text"),
        ("python gone.py {x}", "there is no file"),
        ("no-such-program {x}", "there is no program 'no-such-program'"),
        ("p.py {x}", "is called ./p.py"),
        ("./p.py {x}", "not executable"),
    ],
)
def test_what_cannot_run_is_said_before_the_first_trial(line, says):
    script("")
    with pytest.raises(ValueError, match=says.replace("{", r"\{").replace("|", r"\|")) as error:
        nasbook.search("random", nasbook.task(command=line, space=SPACE), trials=1)
    assert "\n" not in str(error.value)


# ---- what is read ----------------------------------------------------------------------------------------

LINES = """
print('{"epoch": 1, "value": 0.5}')
print("epoch 2: {not JSON", '{"value"', flush=True)
print('  {"epoch": 2, "value": 0.3, "note": "n"}')
print('[1]', '{"loss": 3}', sep=chr(10))
"""


def test_a_line_with_a_value_is_read_and_every_other_is_printed(capfd):
    ended = trial(LINES + "print('{\"value\": 0.2, \"size\": 12}'); print('end', file=sys.stderr)")
    assert (ended.value, ended.curve, ended.metrics) == (0.2, ((1.0, 0.5), (2.0, 0.3)), {"size": 12})
    out, err = capfd.readouterr()
    assert "not JSON" in out and "[1]" in out and '{"loss": 3}' in out and "end" in err and '"epoch"' not in out


def test_without_a_final_line_the_last_epoch_counts():
    ended = trial(LINES)
    assert (ended.status, ended.value, ended.metrics) == ("done", 0.3, {"note": "n"})


def test_an_epoch_that_nobody_has_read_before_a_kill_is_not_lost(tmp_path):
    (tmp_path / "state.lines").write_text(LINES.split("'")[1] + '\n{"epoch": 2, "value": 0.4}\n{"epoch": 3, "val')
    going_on = 'print(\'{"epoch": 3, "value": 0.2}\')'
    assert trial(going_on, checkpoint=tmp_path / "state").curve == ((1.0, 0.5), (2.0, 0.4), (3.0, 0.2))
    assert not list(tmp_path.glob("state*"))
    (tmp_path / "state.lines").write_text('{"epoch": 1, "value": 0.5}\n')
    assert trial(LINES, checkpoint=tmp_path / "state").curve == ((1.0, 0.5), (2.0, 0.3))  # it has begun anew


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print('hello')", "printed no value"),
        ("print('{\"value\": 1}'); sys.exit('lr is too high')", "ended with code 1: lr is too high"),
        ("1/0", "ended with code 1: ZeroDivisionError"),
        ("os.abort()", "was ended by SIGABRT"),
        ("print('{\"value\": NaN}')", "diverged: the value is nan"),
        ('print(\'{"value": "low"}\')', "must be a number, not 'low'"),
        ('print(\'{"epoch": "one", "value": 1}\')', "must be a number, not 'one'"),
        ('print(\'{"epoch": 1, "value": null}\')', "must be a number, not None"),
        ("sys.stdout.buffer.write(bytes(range(256)) * 9)", "printed no value"),
        ("print('{' * 5000 + '\"value\"')", "printed no value"),
    ],
)
def test_what_goes_wrong_fails_the_trial_in_a_sentence(text, says):
    ended = trial(text)
    assert ended.status == "failed" and says in ended.reason, ended.reason


def test_several_objectives():
    task = nasbook.task(command="python p.py {x}", space=SPACE)
    script("x = float(sys.argv[1]); print(json.dumps({'values': [x, 1 - x]}))")
    trace = nasbook.search("nsga2", task, trials=4, population=4)
    assert all(t.values == (t.config["x"], 1 - t.config["x"]) for t in trace.trials)


# ---- how it ends -----------------------------------------------------------------------------------------

FAMILY = """
import signal, subprocess
def bye(*_):
    open("bye", "w").write("told")
    sys.exit()
signal.signal(signal.SIGTERM, bye if sys.argv[1] == "0.25" else signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
for e in range(1, 10000):
    print(json.dumps({"epoch": e, "value": e}))
    time.sleep(0.01)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")
@pytest.mark.parametrize("x", [0.25, 0.5])  # the second is deaf to SIGTERM
@pytest.mark.parametrize("why", ["pruned", "timeout"])
def test_a_stopped_program_is_told_and_its_group_ends(x, why, monkeypatch):
    if x == 0.5:
        monkeypatch.setattr(module, "GRACE", 0.3)
    options = {"should_stop": lambda t, curve: "enough" if len(curve) == 3 else None} if why == "pruned" else {}
    ended = trial(FAMILY, config={"x": x}, timeout=None if options else 4.0, **options)
    assert ended.status == ("pruned" if options else "failed")
    assert (ended.value, ended.reason) == ((3.0, "enough") if options else (None, "timed out after 4 s"))
    with open("pids") as file:
        pids = file.read().split()
    until(lambda: not any(map(alive, pids)))
    assert os.path.exists("bye") == (x == 0.25)


def test_what_a_program_leaves_behind_does_not_hold_the_trial():
    text = "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    ended = trial(text + "print('{\"value\": 1}')")
    assert ended.value == 1.0 and ended.cost < 300


def test_a_program_of_the_folder_in_another_language():
    with open("run.sh", "w") as file:
        file.write('#!/bin/sh\necho "{\\"value\\": $1}"\n')
    os.chmod("run.sh", 0o755)
    trace = nasbook.search("random", nasbook.task("command", command="./run.sh {x}", space=SPACE), trials=2)
    assert [t.value for t in trace.trials] == [t.config["x"] for t in trace.trials]
