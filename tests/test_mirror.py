"""The tests stand where the code stands, under its name: tests/hpo/test_tpe.py for nasbook/hpo/tpe.py."""

from pathlib import Path

import nasbook

ROOT = Path(nasbook.__file__).parent
MOST = 0.11  # the share of modules whose test has another name, or that are tried through others only; to be lowered


def test_most_modules_have_a_test_of_their_name():
    names = {path.stem.removeprefix("test_") for path in Path(__file__).parent.rglob("test_*.py")}
    modules = [p for p in ROOT.rglob("*.py") if not p.stem.startswith("__") and "make" not in p.parts]
    without = [p for p in modules if not {p.stem, f"{p.stem}_lab", f"{p.stem}_picture"} & names]
    listed = "\n".join(sorted(str(p.relative_to(ROOT)) for p in without))
    assert len(without) < MOST * len(modules), f"{len(without)} of {len(modules)} modules have none:\n{listed}"
