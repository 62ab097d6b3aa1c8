"""Which names a cell reads and makes, on which hangs what is said where there is no torch."""

import ast
import sys
from types import SimpleNamespace

import pytest

from nasbook.kit import torchless


@pytest.mark.parametrize(
    "code, names",
    [
        ("x = y + f(z)", {"x"}),
        ("a.b[0].c = 1", {"a"}),
        ("(p, q), *r = s", {"p", "q", "r"}),
        ("import torch.nn as nn, os.path", {"nn", "os"}),
        ("from torch import Tensor, nn as n", {"Tensor", "n"}),
        ("def f(x): pass\nclass C: pass", {"f", "C"}),
        ("for i in xs:\n    with open(i) as g: t += 1", {"i", "g", "t"}),
        ("print(x)", set()),
        ("(w := 3)", {"w"}),
    ],
)
def test_what_a_cell_makes(code, names):
    assert torchless.made(ast.parse(code).body) == names


def test_what_a_cell_reads():
    assert torchless.read(ast.parse("x = y.a + f(z)\nq[i] = 0").body) == {"y", "f", "z", "q", "i"}


class Shell:
    """Cells run as in a kernel; what IPython would show is kept."""

    def __init__(self):
        self.user_ns, self.shown, self.handler, self.n = {}, [], None, 0

    def set_custom_exc(self, kinds, handler):
        self.handler = handler

    def showtraceback(self, error, tb_offset=None):
        self.shown.append("".join(getattr(error[1], "_render_traceback_", lambda: [repr(error[1])])()))

    def run(self, code):
        import linecache

        self.n += 1
        name = f"<cell {self.n}>"
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        try:
            exec(compile(code, name, "exec"), self.user_ns)
        except Exception as error:
            self.handler(self, type(error), error, error.__traceback__)


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(torchless, "has_torch", lambda: False)
    monkeypatch.setitem(sys.modules, "torch", None)  # an import of it raises ModuleNotFoundError
    torchless.listen(lambda what: f"{what} needs torch, which a browser does not have")
    return shell


def test_a_cell_that_needs_torch_and_the_next_that_uses_what_it_makes(shell):
    shell.run("a = 1\nimport torch\nnet = torch.nn.Linear(1, 1)")
    shell.run("net(a)")
    shell.run("b = a + 1")  # made before the cell failed
    shell.run("undefined + 1")
    assert shell.shown[:2] == [
        f"this cell needs torch, which a browser does not have{torchless.ON}",
        f"the cell that makes net needs torch, which a browser does not have{torchless.ON}",
    ]
    assert shell.shown[2:] == ["NameError(\"name 'undefined' is not defined\")"] and shell.user_ns["b"] == 2


def test_an_old_value_that_a_later_cell_trips_over_is_perhaps_the_cause(shell):
    shell.run("net = None")
    shell.run("import torch\nnet = torch.nn.Linear(1, 1)")
    shell.run("net(1)")
    assert shell.shown[1].startswith(
        "TypeError: 'NoneType' object is not callable, perhaps because the cell that makes net"
    )
    shell.run("net = 3")
    shell.run("net(1)")
    assert "torch" not in shell.shown[2]  # it has been made anew


def test_with_torch_nothing_is_listened_to(shell, monkeypatch):
    shell.handler = None
    monkeypatch.setattr(torchless, "has_torch", lambda: True)
    torchless.listen(lambda what: what)
    assert shell.handler is None
