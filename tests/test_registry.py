"""What others write is used like what is built in: registered, named by an import path, or brought by a package."""

import json
import subprocess
import sys
import textwrap

import pytest

import nasbook
from nasbook import Float, Method, Space, registry

SPACE = Space(x=Float(0, 1), y=Float(0, 1))

HILL = """
import nasbook

class HillClimbing(nasbook.Method):
    \"\"\"Steps from the best point so far, in a random direction.\"\"\"

    name = "hill-climbing"

    def propose(self):
        if not self.done:
            return self.space.sample(self.rng)
        best = min(self.done, key=lambda t: t.value)
        u = self.space.encode(best.config) + 0.1 * self.rng.standard_normal(self.space.d)
        return self.space.decode(u.clip(0, 1))
"""


def valley(config):
    return (config["x"] - 0.3) ** 2 + (config["y"] - 0.6) ** 2


@pytest.fixture
def own():
    """The class, as a cell of a notebook would define it; forgotten afterwards."""
    cells = {"__name__": "__main__"}
    exec(HILL, cells)
    yield cells["HillClimbing"]
    registry.METHODS[:] = [e for e in registry.METHODS if e.family != registry.OWN]
    registry._used["method"].clear()


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "hills.py").write_text(HILL)
    (tmp_path / "goal.py").write_text(
        "def valley(config):\n    return (config['x'] - 0.3) ** 2 + (config['y'] - 0.6) ** 2\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("hills", "goal"):
        sys.modules.pop(name, None)
    registry._used["method"].clear()


def cli(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "nasbook", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_a_registered_class_is_searched_replayed_resumed_and_listed(own, tmp_path):
    assert nasbook.register(own) is own
    entry = registry.find("method", "hill-climbing")
    assert entry.summary == "Steps from the best point so far, in a random direction" and entry in nasbook.methods()
    out = tmp_path / "t.jsonl"
    whole = nasbook.search("hill-climbing", valley, space=SPACE, trials=12, seed=3)
    nasbook.search("hill-climbing", valley, space=SPACE, trials=5, seed=3, out=out)
    resumed = nasbook.search("hill-climbing", valley, space=SPACE, trials=12, seed=3, out=out, resume=True)
    assert resumed.digest == whole.digest == nasbook.Trace.load(out).digest
    assert len(list(nasbook.replay(nasbook.Trace.load(out)))) == 12
    assert whole.best.value < nasbook.search("random", valley, space=SPACE, trials=3, seed=3).best.value


def test_a_class_that_is_only_handed_over_is_known_to_its_trace_but_in_no_list(own):
    trace = nasbook.search(own, valley, space=SPACE, trials=5)
    assert trace.header.method == "hill-climbing" and len(list(nasbook.replay(trace))) == 5
    assert "hill-climbing" not in [e.name for e in nasbook.methods()]


def test_a_cell_that_is_run_again_replaces_its_class(own):
    nasbook.register(own)
    again = nasbook.register(type("Again", (own,), {}))
    assert registry.find("method", "hill-climbing").load() is again
    assert [e.name for e in nasbook.methods()].count("hill-climbing") == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("random", "'random' is a method of nasbook; take another name"),
        ("Hill Climbing", "a name of small letters, digits and hyphens is needed"),
        ("a:b", "a name of small letters, digits and hyphens is needed"),
        (7, "a name of small letters, digits and hyphens is needed"),
    ],
)
def test_names_that_cannot_be_used(own, name, sentence):
    before = list(registry.METHODS)
    with pytest.raises(ValueError, match=sentence):
        nasbook.register(own, name=name)
    assert before == registry.METHODS


def test_what_is_nothing_of_these_is_refused():
    with pytest.raises(ValueError, match="kind is one of method, task"):
        nasbook.register(valley, name="valley")
    with pytest.raises(ValueError, match="a class .* is needed"):
        nasbook.register(3, kind="task", name="three")


def test_a_task_of_ones_own_has_a_name(tmp_path):
    @nasbook.register
    class Valley(nasbook.Task):
        name = "my-valley"
        space = SPACE

        def evaluate(self, config, **context):
            return valley(config)

    try:
        trace = nasbook.search("random", "my-valley", trials=3)
        assert trace.header.task == "my-valley" and "my-valley" in [e.name for e in nasbook.tasks()]
    finally:
        registry.TASKS[:] = [e for e in registry.TASKS if e.family != registry.OWN]


def test_an_import_path_goes_wherever_a_method_s_name_goes(module):
    """search -> export -> run -> more -> replay, with a class and an objective that lie in a folder."""
    out = module / "t.jsonl"
    done = cli("search", "hills:HillClimbing", "goal:valley", "--space", "space.yaml", "--out", out, cwd=module)
    assert done.returncode == 2 and "space.yaml" in done.stderr
    (module / "space.yaml").write_text("x: {type: float, low: 0, high: 1}\ny: {type: float, low: 0, high: 1}\n")
    done = cli(
        "search", "hills:HillClimbing", "goal:valley", "--space", "space.yaml", "--out", out, "--trials", 6, cwd=module
    )
    assert done.returncode == 0, done.stderr
    header = json.loads(out.read_text().splitlines()[0])
    assert header["method"] == "hills:HillClimbing"
    done = cli("export", out, "-o", "study.yaml", "--trials", 8, cwd=module)
    assert done.returncode == 2 and "import hills first" in done.stderr  # to look imports nothing
    import hills  # noqa: F401  # the user trusts it

    trace = nasbook.Trace.load(out)
    assert len(list(nasbook.replay(trace))) == 6
    trace.export(module / "study.yaml", trials=8)
    assert "hills:HillClimbing" in (module / "study.yaml").read_text()
    done = cli("run", "study.yaml", "--out", "run", cwd=module)
    assert done.returncode == 0, done.stderr
    ran = nasbook.Trace.load(module / "run" / "trace.jsonl")
    assert ran.header.method == "hills:HillClimbing" and len(ran) == 8


def test_a_study_that_names_a_class_runs_nothing_when_it_is_looked_at(module):
    marker = module / "ran"
    (module / "bad.py").write_text(f"open({str(marker)!r}, 'w')\n" + textwrap.dedent(HILL))
    from nasbook.scale import load_study

    (module / "study.yaml").write_text(
        "schema: nasbook/study@1\nname: s\ntask: {name: branin}\n"
        "space: {x1: {type: float, low: -5, high: 10}, x2: {type: float, low: 0, high: 15}}\n"
        "method: {name: 'bad:HillClimbing'}\nbudget: {trials: 3}\n"
    )
    load_study(module / "study.yaml")
    assert not marker.exists()
    assert cli("run", "study.yaml", "--out", "run", cwd=module).returncode == 0 and marker.exists()


@pytest.mark.parametrize("name", ["subprocess:Popen", "json:dumps", "nasbook:Trace", "os:nothing"])
def test_other_things_are_no_methods(name):
    with pytest.raises(ValueError, match="is no method"):
        registry.find("method", name)


def test_a_notebook_s_class_is_told_where_to_go_before_it_can_be_exported(own, tmp_path):
    nasbook.register(own)
    trace = nasbook.search("hill-climbing", "branin", trials=4)
    with pytest.raises(ValueError, match=r"put the class into a module, say my_method.py.*my_method:HillClimbing"):
        trace.export(tmp_path / "study.yaml")


def test_a_package_brings_methods_as_entry_points(module, monkeypatch):
    info = module / "hills-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hills\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nasbook.methods]\nhill-climbing = hills:HillClimbing\n")
    code = (
        "import sys, nasbook\nnames = [e.name for e in nasbook.methods()]\nassert 'hill-climbing' in names\n"
        "assert 'hills' not in sys.modules\n"
        "t = nasbook.search('hill-climbing', 'branin', trials=3)\nprint(len(t), t.header.method)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=module, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["3", "hill-climbing"], done.stderr


def test_methods_are_what_inherits_from_method():
    assert all(getattr(e.load(), "registered_as", None) == "method" for e in registry.METHODS if "torch" not in e.paper)
    assert issubclass(registry.find("method", "random").load(), Method)


DOORS = {
    "task": lambda **given: nasbook.task("branin", **given),
    "method": lambda **given: nasbook.method("tpe", SPACE, **given),
    "space": lambda **given: nasbook.architectures("conv-chain", **given),
    "lab": lambda **given: nasbook.lab("tpe", **given),
    "search": lambda **given: nasbook.search("tpe", "branin", trials=1, **given),
    "made": lambda **given: registry.make("estimator", "low-fidelity", "digits-cells", **given),
}


@pytest.mark.parametrize("word", ["kind", "name", "self", "args", "entry", ""])
@pytest.mark.parametrize("door", DOORS)
def test_no_argument_of_any_name_is_a_bare_type_error(door, word):
    with pytest.raises(ValueError, match=f"'{word}'") as caught:
        DOORS[door](**{word: 1})
    assert "\n" not in str(caught.value) and "()" not in str(caught.value)


def test_too_much_and_too_little_are_sentences():
    for kind, name, given, sentence in (
        ("task", "branin", (1, 2, 3, 4, 5), "task branin: too many positional arguments"),
        ("method", "tpe", (), "method tpe: missing a required argument: 'space'"),
        ("estimator", "low-fidelity", (), "estimator low-fidelity: missing a required argument: 'task'"),
        ("picture", "history", (), "there is nothing of the kind 'picture'; there are method, task, "),
        ("task", ["branin"], (), "there is no task ['branin']"),
    ):
        with pytest.raises(ValueError) as caught:
            registry.make(kind, name, *given)
        assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("path", ["nasbook.estimate:estimator", "nasbook.hpo.random:Random", "os:system", "a:b.c"])
def test_an_import_path_where_a_name_is_wanted_says_what_to_write(path):
    module, thing = path.split(":")
    for find in (nasbook.task, lambda path: nasbook.search("random", path, trials=1), nasbook.lab):
        with pytest.raises(ValueError, match=f"that is an import path; write 'from {module} import {thing}' and use"):
            find(path)


@pytest.mark.parametrize("kind", list(registry.TABLES))
def test_what_is_no_name_is_shown_where_it_goes(kind):
    def train(config):
        return 0.0

    own = "one is named by text here, and your own goes as it is"
    with pytest.raises(ValueError, match=f"there is no {kind} <function .*: {own}"):
        registry.find(kind, train)
