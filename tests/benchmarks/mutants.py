"""Do the tests of a method notice when its file is wrong? One operator, comparison, constant or branch at a time.

    python tests/benchmarks/mutants.py [METHOD ...] [--sample 30] [--seed 0] [--jobs 1] [--least 90]

Each mutant is the method's file with one change; it dies where the method's own test file fails (or test_bounds.py on
its settings), raises or takes three times as long as it does without the change. Printed: killed of total for each
file, and each survivor with its line. Exits 1 where a file has fewer than `least` per cent dead. Not mutated:
annotations, decorators, text, errors, what stands under TYPE_CHECKING, and the defaults of settings (they are the
papers'; a test would only say them twice). Not counted: what EQUIVALENT names.

Needs Unix (a mutant is a fork, so that torch and SciPy are imported once).
"""

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

ROOT = Path(__file__).parents[2]
COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATE = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Add,
}  # fmt: skip
EQUIVALENT = {  # module -> change -> why no test can see it
    "nasbook.hpo.asha": {"True  →  False": "strict of a zip of three lists that are as long as the levels"},
    "nasbook.nas.local_search": {"100  →  101": "one more try to draw a start that is new"},
    "nasbook.nas.compound": {
        "1 / power  →  1 * power": "a longer axis, whose further points the constraint leaves out all the same",
        "1e-06  →  2e-06": "how much rounding is let pass for a step of the space",
    },
    "nasbook.hpo.genetic": {"10  →  11": "one more try to mutate a child that lives already, before any untried one"},
}
TIMES, GRACE = 3, 5  # a mutant that takes so many times as long, and so many seconds more, is dead


def changes(node):
    """What may become of a node: pairs of words and the node that takes its place."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[i] = COMPARE[type(op)]()
            yield other
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATE:
        yield replaced(node, op=OPERATE[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield replaced(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield ast.Constant(node.value * 2 or 1.0)
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        yield replaced(node, test=ast.UnaryOp(ast.Not(), node.test))


def replaced(node, **fields):
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


class Mutator(ast.NodeTransformer):
    """Counts the places of a file, and changes the one with a number."""

    def __init__(self, at=-1):
        self.at, self.count, self.line, self.what = at, 0, 0, ""

    def visit(self, node):
        if skipped(node):
            return node
        for other in changes(node):
            if self.count == self.at:
                self.line, self.what = node.lineno, f"{short(node)}  →  {short(other)}"
                self.count += 1
                return ast.copy_location(other, node)
            self.count += 1
        if isinstance(node, ast.FunctionDef):
            if node.name != "__init__":  # whose defaults are the seed and the settings
                node.args.defaults = [self.visit(n) for n in node.args.defaults]
                node.args.kw_defaults = [n and self.visit(n) for n in node.args.kw_defaults]
            node.body = [self.visit(n) for n in node.body]
            return node
        if isinstance(node, ast.ClassDef):
            node.body = [self.visit(n) for n in node.body]
            return node
        if isinstance(node, ast.AnnAssign):
            node.value = node.value and self.visit(node.value)
            return node
        return self.generic_visit(node)


def skipped(node):
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return True
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("setting", "field")


def short(node):
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) < 70 else text[:67] + "…"


def mutant(source, at):
    tree, mutator = ast.parse(source), Mutator(at)
    tree = ast.fix_missing_locations(mutator.visit(tree))
    return tree, mutator


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a module another tree than that of its file."""

    def __init__(self, name, path, tree):
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            return importlib.util.spec_from_file_location(name, self.path, loader=self)
        return None

    def exec_module(self, module):
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def outcome(module, path, tree, tests, limit):
    """ "dead", "slow" or "alive": what the tests say of a module with this tree. And the seconds."""
    begin, child = time.monotonic(), os.fork()
    if child == 0:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        code = 1
        try:
            import pytest

            sys.meta_path.insert(0, Loader(module, path, tree))
            options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not browser"]
            code = int(pytest.main([*options, *map(str, tests)]))
        finally:
            os._exit(min(code, 100))
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - begin
        if ended:
            kill(child)  # what it has left
            return ("alive" if os.waitstatus_to_exitcode(status) == 0 else "dead"), seconds
        if seconds > limit:
            kill(child)
            os.waitpid(child, 0)
            return "slow", seconds
        time.sleep(0.05)


def kill(group):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def try_file(entry, tests, sample, seed, pool):
    name, module = entry.name, entry.module
    path = ROOT / (module.replace(".", "/") + ".py")
    source = path.read_text()
    whole, seconds = outcome(module, path, ast.parse(source), tests, 900)
    if whole != "alive":
        print(f"{name}: its tests do not pass as it is ({whole})", flush=True)
        return 0, 1
    _, all_of_it = mutant(source, -1)
    every = list(range(all_of_it.count))
    chosen = sorted(random.Random(seed).sample(every, min(sample, len(every))))

    def tried(at):
        tree, mutator = mutant(source, at)
        return mutator, outcome(module, path, tree, tests, TIMES * seconds + GRACE)[0]

    results = list(pool.map(tried, chosen))
    results = [(m, what) for m, what in results if what != "alive" or m.what not in EQUIVALENT.get(module, {})]
    alive = [m for m, what in results if what == "alive"]
    dead = len(results) - len(alive)
    share = 100 * dead / max(1, len(results))
    print(
        f"{name:28} {dead:3} of {len(results):3} dead ({share:3.0f} %) of {len(every):3} possible; "
        f"{seconds:.0f} s a run",
        flush=True,
    )
    for m in alive:
        print(f"    {path.relative_to(ROOT)}:{m.line}  {m.what}", flush=True)
    return dead, len(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*")
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--least", type=float, default=90)
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import hypothesis  # noqa: F401  # once, before the forks
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import torch  # noqa: F401

    from nasbook import registry
    from nasbook.about import PARTS

    files = {entry.module: entry for entry in reversed(registry.METHODS)}  # one name for each file
    entries = [registry.find("method", name) for name in options.methods] or list(reversed(files.values()))
    weak = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for entry in entries:
            _, room, stem = entry.module.split(".")
            tests = [ROOT / (PARTS[entry.name].test or f"tests/{room}/test_{stem}.py")]
            tests.append(f"{ROOT}/tests/test_bounds.py::test_the_bounds_of_settings[{entry.name}]")
            dead, total = try_file(entry, tests, options.sample, options.seed, pool)
            if 100 * dead < options.least * total:
                weak.append(entry.name)
    good = len(entries) - len(weak)
    print(f"{good} of {len(entries)} files have {options.least:g} % dead; below: {' '.join(weak) or 'none'}")
    return bool(weak)


if __name__ == "__main__":
    sys.exit(main())
