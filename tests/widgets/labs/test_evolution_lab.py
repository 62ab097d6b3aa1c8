"""The evolution lab: the words are the trace's, the band is exact, and a large tournament costs variety."""

import re
from itertools import combinations

import numpy as np
import pytest

import nasbook
from nasbook.nas.spaces.nb201.cell import EDGES, to_cell
from nasbook.plots.labs.evolution import RANDOM_PAIR
from nasbook.widgets.labs.evolution import EvolutionLab
from nasbook.widgets.random_on_table import best_of_random, outcomes


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


COUNTS = re.compile(r"(\d) edges? as in \d+, (\d) more as in \d+(?:, (\d) mutated)?")


def small(**values):
    return EvolutionLab(**{"population": 6, "sample": 3, "trials": 30, **values})


# ---- the search ----------------------------------------------------------------------------------------------


def test_the_lab_leaves_the_trace_of_a_search():
    lab = nasbook.lab("evolution", task="nb201-cifar100", population=8, sample=4, ageing=False, trials=40, seed=3)
    peer = nasbook.search(
        "regularized-evolution", "nb201-cifar100", trials=40, seed=3, population=8, sample=4, ageing=False
    )
    trace = lab.run()
    assert trace.digest == peer.digest and trace.header.differences(peer.header) == []


def test_the_buttons_step_play_scrub_and_reset():
    lab = small()
    pictures = [bytes(lab.image.png)]
    size = lab.image.width, lab.image.height
    lab._step.click()
    lab.wait()
    pictures.append(bytes(lab.image.png))
    assert len(lab.steps) == 1 and "A random start" in words(lab._sentence)
    lab._play.click()
    lab.wait()
    pictures.append(bytes(lab.image.png))
    assert len(lab.steps) == 30 and "Done: 30 trials" in words(lab._status)
    assert len(set(pictures)) == 3
    lab._scrub.value = 1
    assert "A random start" in words(lab._sentence) and "shown: 1" in words(lab._status)
    lab._reset.click()
    assert lab.steps == [] and bytes(lab.image.png) == pictures[0]
    assert (lab.image.width, lab.image.height) == size


@pytest.mark.parametrize(
    ("values", "method", "settings"),
    [
        ({"crossover": "one-point"}, "genetic", {"children": 6, "tournament": 3, "crossover": "one-point"}),
        ({"crossover": "none"}, "genetic", {"children": 6, "tournament": 3, "crossover_rate": 0.0}),
        ({}, "local-search", {}),
    ],
)
def test_other_methods_leave_the_traces_of_their_searches(values, method, settings):
    lab = small(method=method, **values)
    population = {"population": 6} if method == "genetic" else {}
    peer = nasbook.search(method, "nb201-cifar10", trials=30, seed=0, **population, **settings)
    assert lab.run().digest == peer.digest


def test_settings_that_a_method_lacks_are_off_and_say_why():
    lab = small(method="local-search")
    off = {name for name in ("population", "sample", "ageing", "crossover") if lab.controls[name].disabled}
    assert off == {"population", "sample", "ageing", "crossover"}
    assert "no population" in lab.controls["population"].tooltip
    lab.set(method="genetic")
    assert lab.controls["ageing"].disabled and not lab.controls["crossover"].disabled
    lab.set(method="regularized-evolution")
    assert not lab.controls["ageing"].disabled and lab.controls["crossover"].disabled
    with pytest.raises(ValueError, match="Only the genetic algorithm mixes two parents"):
        lab.set(crossover="none")


@pytest.mark.parametrize("method", ["regularized-evolution", "genetic", "local-search"])
def test_the_landscape_is_another_look_at_the_same_search(method):
    lab = small(method=method)
    lab.run()
    families, alt, size = bytes(lab.image.png), lab.image.alt, (lab.image.width, lab.image.height)
    lab.set(show="landscape")
    assert len(lab.steps) == 30 and (lab.image.width, lab.image.height) == size
    landscape = bytes(lab.image.png)
    assert landscape != families and "Map of 15,625 cells" in lab.image.alt
    rank = lab.task.rank(lab.trace.best.config)
    assert f"rank {rank:,}" in lab.image.alt
    lab.scrub(5)
    assert "5 trials" in lab.image.alt and bytes(lab.image.png) != landscape
    lab.scrub(30)
    assert bytes(lab.image.png) == landscape
    lab.set(show="families")
    assert bytes(lab.image.png) == families
    lab.set(show="landscape")
    lab.set(task="nb201-cifar100")
    lab.run()
    assert f"rank {lab.task.rank(lab.trace.best.config):,}" in lab.image.alt
    lab.set(show="families")
    lab.set(task="nb201-cifar10")
    lab.run()
    assert lab.image.alt == alt


def test_the_best_cell_marks_what_is_new_in_it():
    lab = small(trials=60)
    lab.run()
    for n in range(2, 61):
        now, before = lab.steps[n - 1].incumbent, lab.steps[n - 2].incumbent
        if now is not before:
            lab.scrub(n)
            changed = [e for e, a, b in zip(EDGES, to_cell(now.config), to_cell(before.config), strict=True) if a != b]
            assert lab.best.turned == changed


@pytest.mark.parametrize(
    "change",
    [
        {"sample": 5},
        {"method": "genetic"},
        {"population": 12},
        {"ageing": False},
        {"seed": 1},
        {"trials": 50},
        {"task": "nb201-cifar100"},
    ],
)
def test_a_change_of_the_search_starts_it_again_and_says_so(change):
    lab = small()
    lab.run()
    size = lab.image.width, lab.image.height
    lab.set(**change)
    assert lab.steps == [] and "starts again" in words(lab._status)
    assert (lab.image.width, lab.image.height) == size
    lab.run()
    (name, value), settings = next(iter(change.items())), lab.trace.header.settings
    if name in settings:
        assert settings[name] == value
    assert lab.trace.header.method == change.get("method", "regularized-evolution")
    assert len(lab.trace) == change.get("trials", 30)


def test_the_band_is_only_a_matter_of_the_picture():
    lab = small()
    lab.run()
    with_band = bytes(lab.image.png)
    lab.controls["band"].value = False
    assert len(lab.steps) == 30 and bytes(lab.image.png) != with_band
    lab.controls["band"].value = True
    assert bytes(lab.image.png) == with_band


# ---- words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ageing", [True, False])
def test_the_sentence_names_the_drawn_the_parent_the_edge_and_the_dead(ageing):
    lab = small(ageing=ageing, seed=2)
    lab.run()
    for n in range(7, 31):
        step = lab.steps[n - 1]
        parent, child = lab.trace.trials[step.view.parent], step.trial
        (edge,) = (k for k, (a, b) in enumerate(zip(to_cell(parent.config), to_cell(child.config))) if a != b)  # noqa: B905
        i, j = (("in", "1", "2", "out")[node] for node in EDGES[edge])
        name = "edge_{}_{}".format(*EDGES[edge])
        text = lab.sentence(n)
        assert f"edge {i} → {j} from {parent.config[name]} to {child.config[name]}" in text
        assert f"{100 * (1 - child.value):.1f} %" in text and f"{100 * (1 - parent.value):.1f} %" in text
        drawn = text.partition("Drawn: ")[2].partition(";")[0].partition(" (")[0].split(", ")
        assert sorted(int(d) for d in drawn) == sorted({t + 1 for t in step.view.tournament})
        if n < 30:  # the next view knows who died
            died = lab.steps[n].view.died
            word = "oldest" if ageing else "worst"
            assert f"Trial {died + 1}, the {word}, died." in text or (died == child.id and "dies at once" in text)


def test_the_population_after_a_trial_is_the_one_the_next_trial_chose_from():
    for ageing in (True, False):
        lab = small(ageing=ageing)
        lab.run()
        for n in range(1, 30):
            assert [t.id for t in lab.after(n)[0]] == [t.id for t in lab.steps[n].view.population]


@pytest.mark.parametrize("method", ["genetic", "local-search"])
def test_the_members_of_other_methods_are_those_of_the_next_view(method):
    lab = small(method=method, trials=60)
    lab.run()
    for n in range(1, 60):
        view, now = lab.steps[n].view, {t.id for t in lab.after(n)[0]}
        if method == "genetic":
            assert now == {t.id for t in (*view.population, *view.children)}
        elif view.centre is not None and view.centre.id == lab.steps[n - 1].view.centre.id if n > 1 else False:
            assert now == {t.id for t in (view.centre, *view.seen)}


def test_a_generation_of_the_genetic_algorithm_is_told():
    lab = small(method="genetic", trials=40)
    lab.run()
    for n in range(7, 41):
        trial, text = lab.steps[n - 1].trial, lab.sentence(n)
        parents = sorted(set(trial.info["parents"]))
        assert all(f"{p + 1} " in text for p in parents)
        if len(parents) == 2:
            assert " won and had a child: " in text and " 1 edges" not in text
            first, second, new = (int(k or 0) for k in COUNTS.search(text).groups())
            one, two = (lab.trace.trials[p].config for p in trial.info["parents"])
            assert first == sum(trial.config[k] == one[k] for k in one)
            assert second == sum(trial.config[k] == two[k] != one[k] for k in one) and first + second + new == 6
        ended = n % 6 == 0  # six parents, six children
        assert ("The generation is full: the worst 6 of parents and children died" in text) == ended
        assert len(lab.after(n)[0]) == 6 + n % 6


def test_a_local_search_says_where_it_stands():
    lab = small(method="local-search", trials=150)
    lab.run()
    moves = stuck = 0
    for n in range(2, 151):
        view, before, text = lab.steps[n - 1].view, lab.steps[n - 2].view.centre, lab.sentence(n)
        if view.centre is None:
            stuck += 1
            assert before is None or f"No neighbour of trial {before.id + 1} is better: a local minimum" in text
            continue
        assert f"A neighbour of trial {view.centre.id + 1} " in text and f"{view.left} neighbour" in text
        moves += "the search moves to the best" in text
        differing = sum(
            a != b for a, b in zip(to_cell(view.centre.config), to_cell(lab.steps[n - 1].trial.config), strict=True)
        )
        assert differing == 1
    assert moves >= 3


def test_difference_is_the_mean_over_all_pairs():
    lab = small()
    lab.run()
    assert np.isnan(lab.difference(1))
    for n in (2, 6, 17, 30):
        cells = [to_cell(t.config) for t in lab.after(n)[0]]
        pairs = [sum(a != b for a, b in zip(c, d, strict=True)) for c, d in combinations(cells, 2)]
        assert lab.difference(n) == pytest.approx(np.mean(pairs))
        assert lab.distinct(n) == len(set(cells))
    assert f"{lab.distinct(30)} of 6 members are different cells" in words(lab._sentence)
    assert f"differ in {lab.difference(30):.1f} of 6 edges" in words(lab._sentence)
    assert f"{lab.difference(30):.1f} of 6 edges" in lab.image.alt


def test_random_cells_differ_as_much_as_the_line_says():
    rng = np.random.default_rng(0)
    cells = rng.integers(5, size=(4000, 2, 6))
    assert abs((cells[:, 0] != cells[:, 1]).sum(1).mean() - RANDOM_PAIR) < 0.06


def test_a_large_tournament_costs_variety():
    def variety(sample):
        spread = []
        for seed in range(2):
            lab = EvolutionLab(population=20, sample=sample, trials=100, seed=seed)
            lab.run()
            spread.append(np.mean([lab.difference(n) for n in range(70, 101)]))
        return np.mean(spread)

    one, many = variety(1), variety(20)
    assert many < one - 0.7


def test_the_alt_text_names_the_best_and_what_random_search_expects():
    lab = small()
    lab.run()
    best = lab.trace.best
    assert f"trial {best.id + 1}, has validation accuracy {100 * (1 - best.value):.1f} %" in lab.image.alt
    mean = best_of_random("nb201-cifar10", 30)[0][-1]
    assert f"Random search expects {100 * (1 - mean):.1f} %" in lab.image.alt
    assert "in to out" in lab.image.alt


# ---- the band of random search -----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["nb201-cifar10", "digits201-digits"])
def test_the_band_is_what_random_searches_find(task):
    mean, low, high = best_of_random(task, 40)
    one = nasbook.search("random", task, trials=390 * 40, seed=0)  # its trials know nothing of each other
    runs = np.minimum.accumulate(one.values.reshape(390, 40), axis=1)
    for n in (1, 5, 40):
        found = runs[:, n - 1]
        error = found.std() / np.sqrt(len(found))
        assert abs(found.mean() - mean[n - 1]) < 4 * error
        inside = ((found >= low[n - 1]) & (found <= high[n - 1])).mean()
        assert 0.84 <= inside <= 0.96  # four standard errors


def test_the_outcomes_of_a_table_are_a_distribution():
    table = nasbook.task("nb201-cifar10")
    values, weights = outcomes(table)
    assert weights.sum() == pytest.approx(1) and np.all(np.diff(values) > 0)
    assert values @ weights == pytest.approx(1 - np.mean([table.accuracy(c) for c in table.cells[::1]]), abs=1e-9)
    with pytest.raises(ValueError, match="not a table of cells"):
        outcomes(nasbook.task("branin"))


# ---- files and errors ------------------------------------------------------------------------------------------


def test_save_and_export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = small()
    assert lab.files.save.disabled
    lab.step(12)
    lab.files.save.click()
    (path,) = tmp_path.glob("*.jsonl")
    assert nasbook.Trace.load(path).digest == lab.trace.digest
    assert "12 trials" in words(lab.files.said)
    lab.files.export.click()
    lab.files.write_study()
    assert (tmp_path / "study.yaml").exists()


def test_an_error_in_the_table_is_shown(monkeypatch):
    lab = small()

    def broken(*args, **kwargs):
        raise OSError("the table is gone")

    monkeypatch.setattr(lab.task, "evaluate", broken)
    lab.step(2)
    assert lab.trace.trials[0].status == "failed"
    assert "failed (OSError: the table is gone)" in words(lab._sentence)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "branin"}, "task must be one of"),
        ({"population": 1}, "must lie in [2, 60]"),
        ({"tournament": 3}, "no setting 'tournament'"),
        ({"method": "bananas"}, "method must be one of"),
        ({"show": "tree"}, "show must be one of"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        EvolutionLab(**arguments)


def test_a_frame_fits_the_picture_in_use_while_another_is_chosen():
    """The search's thread may draw between a choice and the exchange of the pictures."""
    lab = small()
    lab.step()
    for chosen in ("landscape", "families"):
        lab._in_force["show"] = chosen  # as it stands in that moment
        lab.redraw()
        assert lab.error is None
        lab.set(show=chosen)
