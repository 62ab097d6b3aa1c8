"""The list of what is built in: text alone, each name once, each thing there."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from nasbook import catalogue


@pytest.mark.parametrize("kind", catalogue.TABLES)
def test_names_are_said_once_and_modules_exist(kind):
    table = catalogue.TABLES[kind]
    assert len({e.name for e in table}) == len(table)
    assert all(e.summary and not e.summary.endswith(".") and ":" in e.target for e in table)
    assert not [e.target for e in table if find_spec(e.module) is None]


def test_a_list_of_text_imports_nothing():
    code = (
        "import importlib.util as u, sys\n"
        f"spec = u.spec_from_file_location('c', {catalogue.__file__!r})\n"
        "module = sys.modules['c'] = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('nasbook', 'numpy', 'torch')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
