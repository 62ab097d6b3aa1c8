"""Do the tests of a method notice when its file is wrong? One operator, comparison, constant or branch at a time.

    python tests/benchmarks/mutants.py [METHOD ...] [--sample 30] [--seed 0] [--jobs 1] [--least 90] [--minutes 600]

Each mutant is the method's file with one change; it dies where the method's own test files fail (or test_bounds.py on
its settings), raises or takes three times the processor's time that it takes without the change. Printed: killed of
total for each file, and each survivor with its line. Exits 1 where a file has fewer than `least` per cent dead. Not
mutated: annotations, decorators, text, errors, the strict of a zip, what stands under TYPE_CHECKING, and the defaults
of settings (they are the papers'; a test would only say them twice). Not counted: what EQUIVALENT names. A test that
fails without any change (a package is missing here) is left out, and named. The first mutant of every file is tried
before the second of any.

Needs Unix (a mutant is a fork, so that torch and SciPy are imported once).
"""

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import math
import os
import queue
import random
import resource
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

ROOT = Path(__file__).parents[2]
COMPARE = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATE = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.MatMult: ast.Add,
}
NEVER, SEEDS = "two real numbers are never equal", "from how many seeds one is drawn"
EQUIVALENT = {  # module -> change, and in which line where that is not clear -> why no test can see it
    "nasbook.nas.enas": {"loss < math.inf  →  loss <= math.inf": "exp(−∞) is 0 as well"},
    "nasbook.nas.reptile": {"2  →  3  in  2**31": SEEDS, "31  →  32": SEEDS},
    "nasbook.nas.fairnas": {"0  →  1  in  value=values[0]": "NSGA-II reads both values"},
    "nasbook.nas.network_morphism": {
        "0  →  1  in  self.network(kept": "its weights are read from the file over those",
        "task.device if isinstance(task, OnADevice) else 'auto'  →  "
        "task.device if not isinstance(task, OnADevice) else 'auto'": "without a GPU both are the CPU",
    },
    "nasbook.nas.darts": {
        "now > self.settings.stop_eigenvalue * before  →  now >= self.settings.stop_eigenvalue * before": NEVER
    },
    "nasbook.hpo.bayesian": {
        "256  →  257": "one more draw before a prior is taken to have no other",
        "0  →  1  in  DRAWS if self._prior": "one more draw where the design of 64 points is walked through",
        "asked > MANY  →  asked >= MANY": "of a hundred the rest by four is 0, so they are fitted all the same",
    },
    "nasbook.nas.local_search": {"100  →  101": "one more try to draw a start that is new"},
    "nasbook.nas.compound": {
        "1 / power  →  1 * power": "a longer axis, whose further points the constraint leaves out all the same",
        "abs((v - p.low) / p.step - round((v - p.low) / p.step)) > 1e-06  →  "
        "abs((v - p.low) / p.step - round((v - p.low) / p.step)) >= 1e-06": NEVER,
        "1e-06  →  2e-06": "how much rounding is let pass for a step of the space",
        "1e-09  →  2e-09": "how much rounding is let pass for the end of an axis and for the constraint",
        "9  →  10": "to how many digits a sum of steps is rounded",
        "1000000  →  1000001": "how many points are too many",
        "(most - 1) / step > LIMIT  →  (most - 1) / step >= LIMIT": "how many points are too many",
    },
    "nasbook.nas.ofa": {"9  →  10": "all there are, which are three"},
    "nasbook.nas.autogan": {
        "2 ** 31  →  2 * 31": SEEDS,
        "2  →  3  in  2**31": SEEDS,
        "31  →  32": SEEDS,
    },
    "nasbook.nas.rgpe": {
        "100  →  101": "one more try to draw one that is new",
        "1  →  2  in  max(1, len(y)": "one trial makes no pair, so 0 is divided",
    },
    "nasbook.nas.staged": {
        "1000  →  1001": "another seed",
        "-1  →  1  in  self.number = -1": "the first turn begins at once, and says its number",
        "1  →  2  in  self.number = -1": "the first turn begins at once, and says its number",
        "1  →  2  in  self.home.pop": "no turn has either number",
        "0  →  1  in  self.home.pop": "of no turn it is not read",
    },
    "nasbook.nas.nes": {"0  →  1  in  Selection(0": "of an empty pool the losses alone are read"},
    "nasbook.nas.bananas": {"2  →  3  in  2**31": SEEDS, "31  →  32": SEEDS, "2 ** 31  →  2 * 31": SEEDS},
    "nasbook.nas.proxylessnas": {
        "2  →  3  in  scatter_add_": "the sum reads as many columns as the index has",
        "torch.from_numpy(self.rng.random(len(pair))).to(q) >= q[:, 0]  →  "
        "torch.from_numpy(self.rng.random(len(pair))).to(q) > q[:, 0]": NEVER,
    },
    "nasbook.nas.scarlet": {"0  →  1  in  blocks[:cut]": "the numbers of what is no block are not read"},
    "nasbook.hpo.forest": {
        "8  →  9": "how many neighbours the search for the largest EI looks at",
        "V[row, j] + STEP * rng.standard_normal(len(V))  →  V[row, j] - STEP * rng.standard_normal(len(V))": "a normal "
        "step is as likely either way",
    },
    "nasbook.hpo.freeze_thaw": {
        "2 ** 31  →  2 * 31": SEEDS,
        "2  →  3  in  2**31": SEEDS,
        "31  →  32": SEEDS,
        "1  →  2  in  initial=-1": "either is below every gain",
        "0  →  1  in  level: int = 0  #": "whoever makes a training says its level",
        "np.nanmax(gains, initial=-1) > new  →  np.nanmax(gains, initial=-1) >= new": NEVER,
    },
    "nasbook.hpo.median_stopping": {
        "1.0  →  2.0  in  min(1.0": "a probability is above 1 by rounding only",
        "d > 0  →  d >= 0": "zeros were dropped before",
        "(p := end.chance_below(to_beat)) >= p_threshold  →  (p := end.chance_below(to_beat)) > p_threshold": NEVER,
    },
    "nasbook.hpo.nsga2": {
        "u <= 0.5  →  u < 0.5": "β is 1 on both sides of one half",
        "10  →  11": "one more try to mutate a child that lives already, before any untried one",
        "self.rng.random() < s.crossover_rate  →  self.rng.random() <= s.crossover_rate": NEVER,
        "(self.rank[i], -self.crowding[i]) <= (self.rank[j], -self.crowding[…  →  "
        "(self.rank[i], -self.crowding[i]) < (self.rank[j], -self.crowding[j])": "of two equals either will do",
    },
    "nasbook.hpo.parego": {
        "1  →  2  in  np.where(high > low": "what is flat is 0, whatever it is divided by",
        "30  →  31  in  doubt(f) > 0": "doubt begins at a hundred",
    },
    "nasbook.hpo.particle_swarm": {
        "x + self.v[k] >= 0  →  x + self.v[k] > 0": "a particle that moves never ends exactly on a wall",
        "x + self.v[k] <= 1  →  x + self.v[k] < 1": "a particle that moves never ends exactly on a wall",
        "self.rng.random(d) < 1 / d  →  self.rng.random(d) <= 1 / d": NEVER,
        "0  →  1  in  parameter.cell": "either end of a cell tells which it is",
    },
    "nasbook.hpo.pfn": {
        "64  →  65": "how many points of the start are made at a time",
        "False  →  True  in  believes": "whoever makes a view says it",
    },
    "nasbook.hpo.priorband": {
        "64  →  65": "one more draw before a source is taken to have no other",
        "self.rng.random() < self.settings.mutation  →  self.rng.random() <= self.settings.mutation": NEVER,
    },
    "nasbook.hpo.pbt": {
        "0  →  1  in  member(config, 0)": "a seed, and then the state with its generators takes its place",
        "p.options.index(config[name]) + int(self.rng.choice([-1, 1]))  →  p.options.index(config[name]) - "
        "int(self.rng.choice([-1, 1]))": "a fair sign either way",
    },
    "nasbook.hpo.dehb": {
        "0  →  1  in  places.get": "every rung has a place at least",
        "3  →  4  in  len(pool)": "of three parents none is missing",
    },
    "nasbook.hpo.genetic": {"10  →  11": "one more try to mutate a child that lives already, before any untried one"},
}
RUNGS = ("successive_halving", "hyperband", "asha", "bohb", "dehb", "median_stopping")  # held by test_halving.py, too
TIMES, GRACE = 3, 5  # a mutant that takes so many times the processor's seconds, and so many more, is dead
WAIT = 100  # and so many times that by the clock: it waits for ever


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
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return True
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("setting", "field")


def equivalent(module, mutator, line):
    for key in EQUIVALENT.get(module, {}):
        change, _, where = key.partition("  in  ")
        if change == mutator.what and where in line:
            return True
    return False


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


class Failed:
    """A plugin that keeps the names of the tests that fail."""

    def __init__(self, path):
        self.path = path

    def pytest_runtest_logreport(self, report):
        if report.failed:
            with open(self.path, "a") as file:
                print(report.nodeid, file=file)


def outcome(module, path, tree, tests, limit, failed=None):
    """ "dead", "slow" or "alive": what the tests say of a module with this tree. And the processor's seconds, which a
    busy machine does not stretch.

    With `failed`, all of them run, and the names of those that fail are written there.
    """
    begin, child = time.monotonic(), os.fork()
    if child == 0:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), math.ceil(limit) + 1))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        code = 1
        try:
            import pytest

            sys.meta_path.insert(0, Loader(module, path, tree))
            options = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not browser", *([] if failed else ["-x"])]
            code = int(pytest.main([*options, *map(str, tests)], plugins=[Failed(failed)] if failed else []))
        finally:
            os._exit(min(code, 100))
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        seconds = used.ru_utime + used.ru_stime
        if ended:
            kill(child)  # what it has left
            return ("alive" if os.waitstatus_to_exitcode(status) == 0 else "dead"), seconds
        if time.monotonic() - begin > WAIT * limit:
            kill(child)
            os.waitpid(child, 0)
            return "slow", seconds
        time.sleep(0.05)


def kill(group):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class File:
    """A method's file, the tests that hold it, and what became of its mutants."""

    def __init__(self, entry, tests):
        self.name, self.module, self.tests = entry.name, entry.module, tests
        self.path = ROOT / (self.module.replace(".", "/") + ".py")
        self.source = self.path.read_text()
        self.count = mutant(self.source, -1)[1].count
        self.seconds, self.dead, self.alive = 0.0, 0, []

    def as_it_is(self):
        """Runs the tests without a change; False where none passes."""
        with tempfile.TemporaryDirectory() as folder:
            failed = Path(folder, "failed")
            failed.touch()
            tree = ast.parse(self.source)
            whole, self.seconds = outcome(self.module, self.path, tree, self.tests, 900, failed)
            for test in failed.read_text().split("\n")[:-1]:
                print(f"{self.name}: fails without any change, so it is left out: {test}", flush=True)
                self.tests = [*self.tests, f"--deselect={test}"]
        if whole == "alive":
            return True
        whole, self.seconds = outcome(self.module, self.path, tree, self.tests, 900)
        if whole != "alive":
            print(f"{self.name}: its tests do not pass as it is ({whole})", flush=True)
        return whole == "alive"

    def chosen(self, sample, seed):
        return sorted(random.Random(seed).sample(range(self.count), min(sample, self.count)))

    def mutate(self, at):
        tree, mutator = mutant(self.source, at)
        what, _ = outcome(self.module, self.path, tree, self.tests, TIMES * self.seconds + GRACE)
        if what != "alive":
            self.dead += 1
        elif not equivalent(self.module, mutator, self.source.splitlines()[mutator.line - 1]):
            self.alive.append(f"{self.path.relative_to(ROOT)}:{mutator.line}  {mutator.what}")
            print("    alive:", self.alive[-1], flush=True)

    @property
    def tried(self):
        return self.dead + len(self.alive)

    def __str__(self):
        share = 100 * self.dead / max(1, self.tried)
        return "\n    ".join(
            [
                f"{self.name:28} {self.dead:3} of {self.tried:3} dead ({share:3.0f} %) of {self.count:3} possible; "
                f"{self.seconds:.0f} s a run",
                *self.alive,
            ]
        )


def try_all(files, options):
    """Tries all mutants, in rounds; what is not done by the limit of time is not begun."""
    todo, end = queue.PriorityQueue(), time.monotonic() + 60 * options.minutes
    for i, file in enumerate(files):
        todo.put((-1, i, file, None))
    open_tasks = len(files)
    lock = threading.Lock()

    def work():
        nonlocal open_tasks
        while open_tasks and time.monotonic() < end:
            try:
                round_, i, file, at = todo.get(timeout=0.2)
            except queue.Empty:
                continue
            if round_ >= 0:
                file.mutate(at)
            elif file.as_it_is():
                chosen = file.chosen(options.sample, options.seed)
                with lock:
                    open_tasks += len(chosen)
                for r, place in enumerate(chosen):
                    todo.put((r, i, file, place))
            with lock:
                open_tasks -= 1

    with ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(work) for _ in range(options.jobs)]:
            done.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*")
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--least", type=float, default=90)
    parser.add_argument("--minutes", type=float, default=600, help="after which no further mutant is begun")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import hypothesis  # noqa: F401  # once, before the forks
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import torch  # noqa: F401

    from nasbook import registry

    files = {entry.module: entry for entry in reversed(registry.METHODS)}  # one name for each file
    entries = [registry.find("method", name) for name in options.methods] or list(reversed(files.values()))
    tried = []
    for entry in entries:
        _, room, stem = entry.module.split(".")
        folder = ROOT / "tests" / room
        tests = [folder / f"test_{stem}.py", *sorted(folder.glob(f"test_{stem}_*.py"))]
        if stem in RUNGS:
            tests.append(folder / "test_halving.py")
        tests.append(f"{ROOT}/tests/test_bounds.py::test_the_bounds_of_settings[{entry.name}]")
        tried.append(File(entry, tests))
    try_all(tried, options)
    print(*tried, sep="\n")
    weak = [file.name for file in tried if not file.tried or 100 * file.dead < options.least * file.tried]
    good = len(entries) - len(weak)
    print(f"{good} of {len(entries)} files have {options.least:g} % dead; below: {' '.join(weak) or 'none'}")
    return bool(weak)


if __name__ == "__main__":
    sys.exit(main())
