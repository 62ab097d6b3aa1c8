"""The scripts of the widgets are modules that JavaScript can read, without what its linters warn of."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import nasbook.widgets

SCRIPTS = sorted(Path(nasbook.widgets.__file__).parent.glob("*.js"))
NODE = shutil.which("node")
AVOIDED = {
    "var": r"\bvar\s",
    "== or != in place of === or !==": r"(?<![=!<>])==(?!=)|!=(?!=)",
    "what was left from looking for a fault": r"\bconsole\.|\bdebugger\b|\balert\(",
    "text that is read as code or HTML": r"\beval\(|\.innerHTML\b|\bdocument\.write",
}


def broken(folder, source):
    """What node says of a module that it cannot read; nothing where it can."""
    path = folder / "script.mjs"
    path.write_text(source, encoding="utf-8")
    return subprocess.run([NODE, "--check", str(path)], capture_output=True, text=True, timeout=120).stderr


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_node_reads_every_script(tmp_path):
    assert len(SCRIPTS) >= 2
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        assert not broken(tmp_path, source), path.name
        assert "SyntaxError" in broken(tmp_path, source + "\n}")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_no_script_does_what_linters_warn_of(path):
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    for what, pattern in AVOIDED.items():
        assert not re.search(pattern, code), f"{path.name}: {what}"
    assert all(
        re.search(pattern, bad)
        for pattern, bad in zip(AVOIDED.values(), ("var x", "a == b", "debugger", "eval(a)"), strict=True)
    )
