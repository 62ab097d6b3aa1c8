"""An objective that was edited under the same name is noticed, and one that was not is left in peace."""

import functools
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

import nasbook
from nasbook import Float, FunctionTask, Space
from nasbook.scale import run
from nasbook.source import changed, digest

SPACE = Space(x=Float(0, 1))


def made(text, name="f"):
    names = {"__name__": "own", "np": np}
    exec(textwrap.dedent(text), names)
    return names[name]


PAIRS = {  # what differs in what is computed
    "number": ("def f(c): return c['x']", "def f(c): return 2 * c['x']"),
    "operator": ("def f(c): return c['x'] + 1", "def f(c): return c['x'] - 1"),
    "name": ("def f(c): return np.sin(c['x'])", "def f(c): return np.cos(c['x'])"),
    "lambda": ("f = lambda c: c['x']", "f = lambda c: -c['x']"),
    "lambda's only text": ("f = lambda c: 'a'", "f = lambda c: 'b'"),
    "default": ("def f(c, k=1): return k * c['x']", "def f(c, k=2): return k * c['x']"),
    "keyword": ("def f(c, *, k=1): return k * c['x']", "def f(c, *, k=2): return k * c['x']"),
    "helper": ("def g(x): return x\ndef f(c): return g(c['x'])", "def g(x): return x * x\ndef f(c): return g(c['x'])"),
    "helper's helper": (
        "def h(x): return x\ndef g(x): return h(x)\ndef f(c): return g(c['x'])",
        "def h(x): return 3 * x\ndef g(x): return h(x)\ndef f(c): return g(c['x'])",
    ),
    "constant of the module": ("K = 1\ndef f(c): return K * c['x']", "K = 2\ndef f(c): return K * c['x']"),
    "inner function": (
        "def f(c):\n def g(x): return x\n return g(c['x'])",
        "def f(c):\n def g(x): return -x\n return g(c['x'])",
    ),
    "closure": (
        "def m(k):\n def f(c): return k * c['x']\n return f\nf = m(1)",
        "def m(k):\n def f(c): return k * c['x']\n return f\nf = m(2)",
    ),
    "decorated": (
        "def d(g): return lambda c: g(c)\n@d\ndef f(c): return c['x']",
        "def d(g): return lambda c: g(c)\n@d\ndef f(c): return 1 - c['x']",
    ),
    "method": (
        "class A:\n def __call__(self, c): return self.g(c)\n def g(self, c): return 1\nf = A()",
        "class A:\n def __call__(self, c): return self.g(c)\n def g(self, c): return 2\nf = A()",
    ),
    "bound": (
        "class A:\n def g(self, c): return 1\nf = A().g",
        "class A:\n def g(self, c): return 2\nf = A().g",
    ),
    "attribute of a class": (
        "class A:\n k = 1\n def __call__(self, c): return self.k\nf = A()",
        "class A:\n k = 2\n def __call__(self, c): return self.k\nf = A()",
    ),
    "base": (
        "class B:\n def g(self): return 1\nclass A(B):\n def __call__(self, c): return self.g()\nf = A()",
        "class B:\n def g(self): return 2\nclass A(B):\n def __call__(self, c): return self.g()\nf = A()",
    ),
    "static": (
        "class A:\n @staticmethod\n def g(): return 1\n def __call__(self, c): return self.g()\nf = A()",
        "class A:\n @staticmethod\n def g(): return 2\n def __call__(self, c): return self.g()\nf = A()",
    ),
}
SAME = {  # what does not
    "comment": ("def f(c): return c['x']", "# new\n\ndef f(c):\n    # a comment\n    return c['x']  # more"),
    "docstring": ("def f(c):\n 'old'\n return c['x']", "def f(c):\n 'a new one'\n return c['x']"),
    "first docstring": ("def f(c):\n return c['x']", "def f(c):\n 'a new one'\n return c['x']"),
    "another function": ("def f(c): return c['x']", "def other(): return 1\ndef f(c): return c['x']"),
    "a counter": (
        "n = 1\ndef f(c):\n global n\n n += 1\n return c['x']",
        "n = 8\ndef f(c):\n global n\n n += 1\n return c['x']",
    ),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_an_edit_gives_other_digits(kind):
    before, after = (digest(made(text)) for text in PAIRS[kind])
    assert before and after and before != after and changed(before, after)
    assert before == digest(made(PAIRS[kind][0])) and not changed(before, before)


@pytest.mark.parametrize("kind", SAME)
def test_what_does_not_matter_gives_the_same(kind):
    before, after = (digest(made(text)) for text in SAME[kind])
    assert before and before == after


def test_partials_and_what_has_no_code():
    f = made("def f(k, c): return k * c['x']")
    assert digest(functools.partial(f, 1)) != digest(functools.partial(f, 2)) != digest(f)
    for thing in (len, np.sin, np.add, 3, None, "text"):
        assert digest(thing) is None or isinstance(digest(thing), str)
    loop = made("def f(c): return f(c)")
    assert digest(loop) == digest(made("def f(c): return f(c)"))
    assert not changed(None, "3.11:a") and not changed("3.11:a", "3.12:b") and not changed(3, "3.11:a")
    for odd in ("", "x", ":", "3.11:a:b"):
        assert changed(odd, "3.11:a") in (True, False)


def test_another_process_finds_the_same_digits(tmp_path):
    """Sets of texts have another order in every process."""
    (tmp_path / "own.py").write_text(
        "WORDS = 3\ndef g(x): return x in {'a', 'b', 'c', 'd'}\n"
        "class A:\n def __call__(self, c): return g(c) + WORDS\nf = A()\n"
    )
    code = "import sys; sys.path.insert(0, sys.argv[1]); from own import f; import nasbook; "
    code += "print(nasbook.source.digest(f))"
    root = nasbook.__path__[0] + "/.."
    found = {
        subprocess.check_output(
            [sys.executable, "-c", code, str(tmp_path)], env={"PYTHONHASHSEED": seed, "PYTHONPATH": root}, text=True
        )
        for seed in "1234"
    }
    assert len(found) == 1


def task(text):
    return FunctionTask(made(text), SPACE, name="mine")


def test_a_resumed_search_and_a_warm_start_warn_of_an_edit(tmp_path):
    path, options = tmp_path / "t.jsonl", {"seed": 0}
    old, new = task("def f(c): return c['x']"), task("def f(c): return 100 - c['x']")
    earlier = nasbook.search("random", old, trials=3, out=path, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nasbook.search("random", task("def f(c):\n  return c['x']  # the same"), trials=4, out=path, resume=True)
        nasbook.search("random", old, trials=1, warm_start=earlier)
        nasbook.search("random", "branin", trials=1, warm_start=nasbook.search("random", "branin", trials=2))
    with pytest.warns(UserWarning, match=r"the code of mine was edited after .*t\.jsonl was begun, so its new values"):
        nasbook.search("random", new, trials=5, out=path, resume=True, **options)
    for given in (earlier, path):
        with pytest.warns(
            UserWarning, match="warm_start: the code of mine was edited after the earlier trace was begun"
        ):
            nasbook.search("random", new, trials=1, warm_start=given)


def test_an_own_task_and_a_run_warn_too(tmp_path, monkeypatch):
    class Own(nasbook.Task):
        name, space = "own", SPACE

        def evaluate(self, config, **_):
            return config["x"]

    class Edited(Own):
        def evaluate(self, config, **_):
            return -config["x"]

    path = tmp_path / "t.jsonl"
    nasbook.search("random", Own(), trials=1, out=path)
    with pytest.warns(UserWarning, match="the code of own was edited"):
        nasbook.search("random", Edited(), trials=2, out=path, resume=True)

    module = tmp_path / "edited_objective.py"
    module.write_text("def f(config):\n    return config['x']\n")
    monkeypatch.syspath_prepend(tmp_path)
    from edited_objective import f

    study = nasbook.search("random", f, space=SPACE, trials=2).export(tmp_path / "study.yaml", trials=2)
    run(study, tmp_path / "out")
    monkeypatch.delitem(sys.modules, "edited_objective")
    module.write_text("def f(config):\n    return config['x'] + 100  # another\n")
    study.write_text(study.read_text().replace("trials: 2", "trials: 3"))
    with pytest.warns(UserWarning, match="the code of edited_objective:f was edited after"):
        assert len(run(study, tmp_path / "out", resume=True)) == 3
