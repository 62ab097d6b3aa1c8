"""Games over several data sets: against the definition on whole tables, linearity, dummies, and what is refused."""

from itertools import product

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Space
from nasbook.cli import main
from nasbook.explain import OVER, across, explain
from nasbook.explain.coalitions import interactions, members, shapley
from nasbook.tasks.tables import Table

SPACE = Space(a=Choice(["p", "q", "r"]), b=Choice(["s", "t"]), c=Choice(["u", "v"]))
CONFIGS = [dict(zip("abc", values, strict=True)) for values in product("pqr", "st", "uv")]


def table(seed):
    rng = np.random.default_rng(seed)
    columns = {n: [c[n] for c in CONFIGS] for n in "abc"}
    return Table.from_arrays({**columns, "value": rng.random(12)}, space=SPACE, name=f"t{seed}")


def traced(task, trials=6):
    return nasbook.search("random", task, trials=trials, seed=0)


def tunability(task, S):
    """min over λ of f(λ_S, default), from the first values, by trying all."""
    able = [c for c in CONFIGS if all(c[n] == SPACE.parameters[n].options[0] for n in "abc" if n not in S)]
    return min(task.evaluate(c).value for c in able)


@pytest.mark.parametrize("over", OVER)
def test_they_are_what_the_definition_says(over):
    tasks = [table(s) for s in range(3)]
    coalitions = ["".join(n for n, i in zip("abc", inside, strict=True) if i) for inside in members(3)]
    v = np.array([[tunability(t, S) - tunability(t, "") for S in coalitions] for t in tasks])
    together = {"mean": v.mean(0), "max": v.max(0), "min": v.min(0), "max-min": np.ptp(v, 0)}[over]
    found = across([traced(t) for t in tasks], "tunability", over, tasks, default="first")
    assert all(np.allclose(p.worth - p.worth[0], row) for p, row in zip(found.parts, v, strict=True))
    assert found.names == ("a", "b", "c") and np.allclose(found.phi, shapley(together))
    assert np.allclose(found.interactions, interactions(together)) and found.total == pytest.approx(found.phi.sum())
    if over == "mean":
        assert np.allclose(found.phi, np.mean([p.phi for p in found.parts], 0))


def test_real_tables_of_one_space(tmp_path, capsys):
    names = ["digits-hpo-messy", "digits-hpo-textures"]
    traces = [nasbook.search("random", n, trials=5, seed=0, out=tmp_path / f"{n}.jsonl") for n in names]
    parts = [explain(t, game="tunability") for t in traces]
    mean, apart = (across(traces, over=over) for over in ("mean", "max-min"))
    assert np.allclose(mean.phi, np.mean([p.phi for p in parts], 0)) and mean.labels == tuple(names)
    assert np.allclose(mean.each, [p.phi for p in parts]) and (apart.phi.sum() > 0 > mean.phi.sum())
    assert np.allclose(across([traces[0], traces[0]], over="max-min").phi, 0), "nothing differs"
    assert "digits-hpo-messy (2)" in str(across([traces[0], traces[0]]))
    words = ["explain", *(str(tmp_path / f"{n}.jsonl") for n in names)]
    words.insert(2, "--across")
    assert main([*words, "--game", "tunability", "--over", "max-min"]) == 0
    assert capsys.readouterr().out.rstrip() == str(apart)
    assert main([*words, "--plot", str(tmp_path / "x.png")]) == 2 and "leave --across out" in capsys.readouterr().err


def test_who_changes_nothing_on_one_data_set_is_a_dummy_there():
    """Against a default that shares a value with one of the two best configurations."""
    traces = [traced("digits-hpo-messy"), nasbook.search("random", "digits-hpo-digits", trials=9, seed=1)]
    default = traces[0].best.config
    changed = {**default, **{n: traces[1].best.config[n] for n in list(default)[:3]}}
    found = across(traces, "ablation", default=changed)
    for label_phi, part in zip(found.each, found.parts, strict=True):
        absent = [i for i, n in enumerate(found.names) if n not in part.names]
        assert np.allclose(label_phi[absent], 0)
        assert np.allclose(label_phi[[found.names.index(n) for n in part.names]], part.phi)
    assert len(found.names) > min(len(p.names) for p in found.parts)


def test_what_is_refused_is_one_sentence():
    one, other = traced("branin", 8), traced("digits-hpo-messy")
    many = Space({f"x{i}": Float(0, 1) for i in range(13)})
    wide = nasbook.search("random", lambda c: c["x0"], space=many, trials=8)
    for given, options, words in [
        ([one], {}, "at least two traces"),
        (one, {}, "at least two traces"),
        ([one, 3], {}, "at least two traces"),
        ([one, other], {}, "must be of one space"),
        ([one, one], {"over": "median"}, "over must be one of"),
        ([one, one], {"game": "chess"}, "game is one of"),
        ([wide, wide], {}, "at most 12 parameters"),
    ]:
        with pytest.raises(ValueError, match=words) as caught:
            across(given, **options)
        assert "\n" not in str(caught.value)
