"""Lessons 00–06 need no torch, as a browser has them: whatever their cells import, name and show works where it cannot be imported.

The cells themselves, with all their searches, are run by tests/benchmarks/without_torch.py.
"""

import json
import subprocess
import sys
from pathlib import Path

from nasbook.site.in_browser import adapted
from nasbook.site.lite import WHOLE

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
HEAD = """
import json, re, sys
class Torchless:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Torchless())
import nasbook
from nasbook import registry
"""
CODE = """
tried = []
for source in json.load(sys.stdin):
    for line in re.findall(r"^(?:from|import) .*", source, re.M):
        exec(line)
        tried.append(line)
    named = set(re.findall(r'["\\']([a-z0-9-]+)["\\']', source))
    for kind in ("method", "task", "estimator", "space"):
        for entry in registry.entries(kind):
            if entry.name in named:
                entry.load()
                tried.append(entry.name)
    for name in re.findall(r'nasbook\\.lab\\(["\\']([a-z-]+)["\\']', source):
        if name not in tried:
            nasbook.lab(name).step()
            tried.append(name)
    for number in re.findall(r'exercise\\(["\\']([0-9a-z.]+)["\\']', source):
        nasbook.exercise(number)
print("TRIED" + json.dumps(tried))
"""


def code_of(number, in_browser=False):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    notebook = json.loads(path.read_text())
    if in_browser:
        adapted(number, notebook)
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def run(code, text=""):
    return subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True)


def test_the_first_lessons_need_no_torch():
    sources = [source for number in WHOLE for source in code_of(number, in_browser=True)]
    done = run(HEAD + CODE, json.dumps(sources))
    assert done.returncode == 0, done.stderr[-2000:]
    (tried,) = (json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TRIED"))
    assert {"import nasbook", "bayesian", "tpe", "branin"} <= set(tried) and len(set(tried)) > 20


def test_what_needs_torch_says_so_in_a_sentence():
    done = run(HEAD + "nasbook.task('digits-mlp')")
    assert done.stderr.splitlines()[-1].endswith(
        "DigitsMLP needs torch, which is not installed here (pip install torch, then restart Python)"
    )
    done = run(HEAD + "sys.platform = 'emscripten'; nasbook.method('darts', None)")
    assert done.stderr.splitlines()[-1].endswith("needs torch, which no browser has (run it where Python is installed)")


CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell, shown = InteractiveShell.instance(), []
shell._showtraceback = lambda kind, error, lines: shown.append("\\n".join(lines))
for source in json.load(sys.stdin):
    shown.append("")
    shell.run_cell(source)
    said = shown.pop()
    shown[:] = shown[:-1] if said else shown
    print("TOLD" + json.dumps(said))
"""


def told(cells):
    head = HEAD.replace("import nasbook\nfrom nasbook import registry\n", "")
    out = run(head + CELLS, json.dumps(cells)).stdout
    return [json.loads(line[4:]) for line in out.splitlines() if line.startswith("TOLD")]


def test_a_cell_that_needs_torch_fails_in_one_sentence_and_so_does_one_that_needs_the_cell():
    cells = code_of("00")
    why = "needs torch, which is not installed here (pip install torch, then restart Python)"
    on = "; what does without it goes on in the next cell"
    assert told([cells[0], cells[2], "digits.best", "x = 1"]) == [
        f"DigitsMLP {why}{on}",
        f"the cell that makes task {why}{on}",
        f"the cell that makes digits {why}{on}",
        "",
    ]
    late = "import math\nmade, kept = {}, {}\nimport torch.nn; made[1] = torch"
    deep = ["import nasbook", late, "made[2]", "made = {}\nmade[2]", "import no_such_package", "kept[1], math", "y"]
    found = told(deep)
    assert found[:3] == ["", f"this cell {why}{on}", f"KeyError: 2, perhaps because the cell that makes made {why}{on}"]
    for said, name in zip(found[3:], ["KeyError", "no_such_package", "KeyError", "'y' is not defined"], strict=True):
        assert name in said and "\n" in said and "torch" not in said  # everything else is as it always was


def test_the_first_lesson_looks_up_what_a_browser_cannot_train(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [c for c in code_of("00", in_browser=True) if "nasbook.lab(" not in c and "progress" not in c]
    assert told(cells) == [""] * len(cells)
    assert "nasbook run" in Path("study.yaml").read_text()


def test_where_torch_is_ipython_is_left_alone():
    code = HEAD.partition("class")[0] + CELLS.replace("print(", "print(shell.custom_exceptions == (), ")
    done = run(code, json.dumps(["import nasbook", "y"]))
    assert [line[:4] for line in done.stdout.splitlines() if "TOLD" in line] == ["True", "True"], done.stderr


def test_an_ipython_that_is_kept_out_or_half_imported_is_no_obstacle():
    for ipython in ("None", "type(sys)('IPython')"):
        done = run(f"{HEAD.partition('import nasbook')[0]}sys.modules['IPython'] = {ipython}\nimport nasbook")
        assert not done.returncode, done.stderr
