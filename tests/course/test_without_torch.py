"""Lessons 01–06 need no torch: whatever their cells import, name and show works where it cannot be imported.

The cells themselves, with all their searches, are run by tests/benchmarks/without_torch.py.
"""

import json
import subprocess
import sys
from pathlib import Path

from nasbook.site.lite import LESSONS

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


def run(code, text=""):
    return subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True)


def test_the_first_lessons_need_no_torch():
    sources = []
    for number in LESSONS:
        (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        cells = json.loads(path.read_text())["cells"]
        sources += ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    done = run(HEAD + CODE, json.dumps(sources))
    assert done.returncode == 0, done.stderr[-2000:]
    (tried,) = (json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TRIED"))
    assert {"import nasbook", "bayesian", "tpe", "branin"} <= set(tried) and len(set(tried)) > 20


def test_what_needs_torch_says_so_in_a_sentence():
    done = run(HEAD + "nasbook.task('digits-mlp')")
    assert done.stderr.splitlines()[-1].endswith("needs torch, which is not installed here")
    done = run(HEAD + "sys.platform = 'emscripten'; nasbook.method('darts', None)")
    assert done.stderr.splitlines()[-1].endswith("needs torch, which no browser has")
