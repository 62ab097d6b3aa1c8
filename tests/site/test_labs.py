"""A method's page shows its lab with that method: from a lesson's frames where they hold it, else played anew."""

import html

import pytest

from nasbook import registry
from nasbook.about import PARTS
from nasbook.site import labs
from nasbook.site.pictures import Pictures
from nasbook.widgets.played import Frame, Frames, lab_frames, turned_to

SHARED = {p.lab for p in PARTS.values() if p.lab and [q.lab for q in PARTS.values()].count(p.lab) > 1}


def played(lab="pareto", methods=("nsga2", "parego"), start=0):
    rows = tuple((Frame(0, b"none", "no point", "Begin."), Frame(1, m.encode(), m, f"By {m} & co.")) for m in methods)
    return Frames(lab, "trial", 4, 3, "Method", methods, rows, start, methods).html()


def test_frames_that_hold_the_method_begin_with_it(tmp_path):
    site = Pictures(tmp_path)
    begun = [site.out_of(played(start=start), "../") for start in (0, 1)]
    own = {"14": {"pareto": begun[0]}}
    shown = [labs.of_method(name, own, site, "../", 4) for name in ("nsga2", "parego")]
    assert shown == begun and begun[0] != begun[1] and 'loading="lazy"' in begun[1]
    assert html.escape("By parego & co.") in begun[1].partition("<script")[0]


def test_frames_that_lack_the_method_are_made_with_it(tmp_path):
    lesson = {"05": {"strategies": played("strategies", ("cma-es",))}}
    shown = labs.of_method("particle-swarm", lesson, Pictures(tmp_path), "../", 2)
    assert turned_to(shown, "particle-swarm") == shown and "base64" not in shown and 'loading="lazy"' in shown
    assert len(list((tmp_path / "pictures").iterdir())) == 2
    assert labs.of_method("tpe", {"04": {"tpe": "<p>its own</p>"}}, Pictures(tmp_path), "../", 2) == "<p>its own</p>"
    assert labs.of_method("nsga2", {}, Pictures(tmp_path), "../", 2) == ""


@pytest.mark.parametrize("name", [name for name, parts in PARTS.items() if parts.lab in SHARED - {"joint"}])
def test_a_lab_that_several_methods_share_can_be_set_to_each(name):
    cls = registry.find("lab", PARTS[name].lab).load()
    setting = next(s for s in cls.settings(None) if s.name == cls.chooses)
    setting.put(name)


def test_a_lab_alone_is_one_row(tmp_path):
    frames = lab_frames("strategies", 2, alone=True, trials=20, method="genetic")
    assert len(frames.rows) == 1 and frames.methods == ("genetic",) and frames.control == ""
