"""DEHB's mutation, its populations and what it promotes."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from curve_tasks import Bowl, Line

import nasbook
from nasbook.hpo.dehb import DEHB
from nasbook.search import search, steps
from nasbook.space import Float, Space


def test_population_sizes():
    """R = 27, η = 3: 27 9 3 1, 9 3 1, 6 2 and 4 places; each fidelity has as many as its largest rung."""
    populations = DEHB(Bowl.space).view().populations
    assert {r: len(vectors) for r, (vectors, _) in populations.items()} == {1: 27, 3: 9, 9: 6, 27: 4}


def test_mutation_crossover_and_where_parents_come_from():
    seen = Counter()
    for step in steps("dehb", Bowl(), trials=250, seed=0, max_fidelity=9):
        m, view, t = step.view.mutation, step.view, step.trial
        if m is None:
            continue
        a, b, c = m.parents
        v = a + 0.5 * (b - c)
        inside = (v >= 0) & (v <= 1)
        assert m.donor[inside] == pytest.approx(v[inside]) and ((m.donor >= 0) & (m.donor <= 1)).all()
        x = view.populations[m.fidelity][0][m.target]
        assert (m.trial == np.where(m.mask, m.donor, x)).all() and m.mask.any()
        assert list(t.config.values()) == pytest.approx(list(m.trial))
        table, rung = view.tables[t.info["bracket"] % 3], t.info["rung"]
        n, r = table[rung]
        pool, values = view.populations[table[max(rung - 1, 0)][1]]
        best = pool[np.argsort(values, kind="stable")[:n]]
        among = sum((best == p).all(axis=1).any() for p in m.parents)
        everyone = np.concatenate([vectors for vectors, _ in view.populations.values()])
        assert all((everyone == p).all(axis=1).any() for p in m.parents)
        assert among >= min(3, n)
        if n >= 3 and len({tuple(p) for p in best}) == len(best):
            assert len({tuple(p) for p in m.parents}) == 3
        seen[min(rung, 1), n < 3] += 1
    assert len(seen) >= 3


def test_crossover_takes_half_of_the_coordinates():
    space = Space({f"x{i}": Float(0, 1) for i in range(10)})
    method = DEHB(space, max_fidelity=9)
    masks = [method.mutate(1, 0, method.populations[1].vectors).mask for _ in range(500)]
    assert np.mean(masks) == pytest.approx(0.55, abs=0.02)  # 1/10 + 9/10 · 1/2


def test_no_target_gets_worse_and_only_the_first_brackets_promote():
    trace = search("dehb", Bowl(), trials=200, seed=4, workers=3, max_fidelity=9)
    by_bracket = {}
    for t in trace.trials:
        by_bracket.setdefault(t.info["bracket"], []).append("continues" in t.info)
    assert [sum(by_bracket[b]) for b in range(6)] == [4, 1, 0, 0, 0, 0]  # 9 → 3 → 1, 3 → 1
    method = DEHB(Bowl.space, seed=4, max_fidelity=9)
    task, low = Bowl(), {r: p.values.copy() for r, p in method.populations.items()}
    for _ in range(150):
        t = method.ask()
        method.tell(replace(t, status="done", value=task.curve(t.config, t.fidelity)))
        for r, p in method.populations.items():
            assert (p.values <= low[r]).all()
            low[r] = p.values.copy()
    assert all(np.isfinite(v).all() for v in low.values())


def test_the_vector_and_its_value_belong_together():
    method, task = DEHB(Line.space, seed=1, max_fidelity=9), Line()
    for i in range(120):
        t = method.ask()
        failed = i % 7 == 3
        value = None if failed else task.curve(t.config, t.fidelity)
        method.tell(replace(t, status="failed" if failed else "done", value=value))
    for r, (vectors, values) in method.view().populations.items():
        for u, value in zip(vectors, values, strict=True):
            assert np.isinf(value) or value == pytest.approx(task.curve(Line.space.decode(u), r))


def test_targets_take_turns_and_one_that_fails_is_drawn_anew():
    method = DEHB(Line.space, seed=1, max_fidelity=9)
    first = [method.ask() for _ in range(3)]
    assert [t.info["target"] for t in first] == [0, 1, 2]
    r = int(first[1].fidelity)
    before = method.populations[r].vectors.copy()
    method.tell(replace(first[1], status="failed"))
    assert method.populations[r].vectors[1] != before[1] and np.isinf(method.populations[r].values[1])


def test_bad_settings():
    with pytest.raises(ValueError, match=r"dehb: CR must lie in \[0, 1\], not 2"):
        nasbook.method("dehb", Bowl.space, CR=2)
