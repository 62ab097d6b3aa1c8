"""The search-space lab: real callbacks, numbers against the table and the network, and every space of the registry."""

import re

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.nas.spaces.nb201.cell import all_cells, canonical_key, to_config
from nasbook.tasks.nb201 import NB201
from nasbook.widgets.labs.spaces import SpacesLab

NAMES = [entry.name for entry in registry.SPACES]


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value).replace("&#x27;", "'")


def click(lab, axes, x, y):
    """Where the axes have (x, y): as the page sends it."""
    px, py = axes.transData.transform((x, y))
    w, h = lab.live.picture.fig.canvas.get_width_height()
    lab.image.inject(px / w, 1 - py / h)


def click_slot(lab, slot):
    click(lab, lab.graph.ax, *lab.graph.arc(slot)[20])


@pytest.fixture(scope="module")
def cells():
    return SpacesLab(seed=1)


def test_the_facts_are_true(cells):
    cells.show(to_config("333132"))
    facts, net = cells.facts, cells.spaces.build(cells.config)
    key = canonical_key("333132")
    assert facts["in the space"] == "15,625 architectures"
    assert facts["this network"].startswith(f"{sum(canonical_key(c) == key for c in all_cells())} time")
    assert facts["parameters"] == f"{sum(p.numel() for p in net.parameters()):,}"
    assert facts["one edit away"].startswith("24, and 0 ")
    assert facts["true accuracy"] == "91.61 %, rank 1 of 15,625"
    assert cells.known.table.accuracy("333132") == NB201("cifar10").mean_accuracy.max()
    assert "0 better, 24 worse" in cells.around.sentence()


def test_a_click_on_an_edge_turns_it_on_and_a_click_on_a_dot_puts_one(cells):
    cells.show(to_config("333132"))
    click_slot(cells, (0, 1, 0))
    assert cells.config == to_config("433132") and cells.slot == (0, 1, 0)
    assert "edge_0_1: conv3x3 → avgpool" in words(cells._sentence) and cells.decisions.turn.value == "edge_0_1"
    click_slot(cells, (0, 1, 0))
    assert cells.config == to_config("033132")
    click_slot(cells, (0, 1, 0))  # nothing is drawn there, but the place can be clicked
    assert cells.config["edge_0_1"] != "none"
    before = len(cells.steps)
    click(cells, cells.graph.ax, 0.1, cells.graph.stage.height - 0.02)
    assert len(cells.steps) == before and cells.slot is None


def test_a_click_on_a_neighbour_goes_there(cells):
    cells.show(to_config("333132"))
    values = cells.around.state.values
    i = int(np.argmin(values))
    click(cells, cells.around.ax, cells.around.x[i], cells.around.y[i])
    assert 100 * cells.known.table.accuracy(cells.config) == pytest.approx(values[i])
    assert sum(cells.config[k] != v for k, v in to_config("333132").items()) == 1


def test_the_lists_follow_and_lead(cells):
    cells.show(to_config("333132"))
    assert [made.value for made in cells.decisions.lists.values()] == list(to_config("333132").values())
    cells.decisions.lists["edge_2_3"].value = "avgpool"
    assert cells.config == to_config("333134") and "You changed edge_2_3" in words(cells._sentence)
    cells.edit("edge_2_3", "skip")
    assert cells.decisions.lists["edge_2_3"].value == "skip"


def test_two_names_of_one_network_are_told(cells):
    cells.show(to_config("000100"))
    cells.edit("edge_0_1", "conv3x3")  # it leads nowhere
    assert "the same network as before, under another name" in words(cells._sentence)
    assert "1 edge has no effect" in words(cells._sentence)
    cells.show(to_config("000000"))
    assert "Nothing reaches the output" in words(cells._sentence)


def test_buttons_draw_mutate_and_cross(cells):
    cells.reset()
    buttons = {
        next(c for c in b._dom_classes if c.startswith("nb-")): b for b in cells.below.children[0].children[0].children
    }
    assert buttons["nb-crossover"].disabled or cells.parent is None
    a = cells.config
    buttons["nb-keep"].click()
    buttons["nb-draw"].click()
    b = cells.config
    buttons["nb-mutate"].click()
    assert sum(b[k] != cells.config[k] for k in b) == 1
    b = cells.config
    buttons["nb-crossover"].click()
    assert all(cells.config[k] in (a[k], b[k]) for k in a) and "A child" in words(cells._sentence)
    cells._step.click()
    cells.wait()
    assert len(cells.steps) == 4 and "A mutation changed" in words(cells._sentence)
    cells.scrub(0)
    assert cells.config == a
    cells.decisions.lists["edge_0_1"].value = next(op for op in ("skip", "conv3x3") if op != a["edge_0_1"])
    assert sum(cells.config[k] != a[k] for k in a) == 1 and len(cells.steps) == 5  # from the one that was shown


def test_play_is_a_random_walk_that_a_seed_repeats():
    walks = []
    for _ in range(2):
        lab = SpacesLab(seed=4, trials=8)
        lab.run()
        walks.append([edit.config for edit in lab.steps])
        for before, after in zip(walks[-1], walks[-1][1:], strict=False):
            assert sum(before[k] != after[k] for k in before) == 1
    assert walks[0] == walks[1] and len(walks[0]) == 8 and "Done: 8 edits" in words(lab._status)
    lab.edit("edge_0_1", "none" if lab.config["edge_0_1"] != "none" else "skip")  # after the end, too
    assert len(lab.steps) == 9 and lab.error is None


def test_the_trace_holds_the_edits_with_values_of_the_table(tmp_path):
    lab = SpacesLab(table="digits201-messy", seed=2)
    lab.step(3)
    trace = nasbook.Trace.load(lab.files.save_trace(tmp_path / "walk.jsonl"))
    assert [t.config for t in trace.trials] == [edit.config for edit in lab.steps]
    task = nasbook.task("digits201-messy")
    for t in trace.trials:
        assert t.value in (1 - task.val[task.row(t.config), :, -1]).tolist() and t.info["by"] == "user"
    assert lab.known.accuracy(lab.config) == pytest.approx(100 * task.accuracy(lab.config))


def test_another_table_keeps_the_architecture(cells):
    cells.show(to_config("333132"))
    n = len(cells.steps)
    cells.set(table="digits201-textures")
    assert len(cells.steps) == n and cells.config == to_config("333132") and "rank" in cells.facts["true accuracy"]
    cells.set(table="")
    assert "true accuracy" not in cells.facts and "larger" in cells.around.sentence()
    cells.set(table="nb201-cifar10")


@pytest.mark.parametrize("name", NAMES)
def test_every_space_opens_takes_clicks_and_gives_code_that_runs(name):
    lab = SpacesLab(space=name, seed=3)
    assert lab.error is None
    decided = {slot for slot, names in lab.known.edits(lab.config).decisions.items() if names}
    fixed = [slot for slot in sorted(lab.graph.edges) if slot not in decided]
    assert decided, "nothing can be clicked"
    for slot in fixed[:1]:
        before = lab.config
        click_slot(lab, slot)
        assert lab.error is None and lab.config == before and "Nothing is chosen there" in words(lab._status)
    for slot in (*sorted(decided & set(lab.graph.edges))[:2], *lab.graph.offers[:1]):
        before = lab.config
        click_slot(lab, slot)
        assert lab.error is None and lab.config != before and lab.spaces.is_valid(lab.config)
    if name != "nb201-cell":
        assert lab.controls["table"].disabled and lab.trace is None and lab.files.layout.display == "none"
    lab.decisions.unfold.value = True
    code = {}
    exec(compile(lab.source, "<source>", "exec"), code)
    ours, theirs = lab.spaces.build(lab.config), code["Network"]()
    theirs.load_state_dict(ours.state_dict())
    assert lab.facts["parameters"] == f"{sum(p.numel() for p in theirs.parameters()):,}"
    assert "class Network" in words(lab.decisions.source) and "Download network.py" in lab.decisions.source.value
    assert torch.is_tensor(next(theirs.parameters()))


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda lab: lab.edit("edge_0_1", "conv7x7"), "edge_0_1 must be one of"),
        (lambda lab: lab.edit("edge_9", "skip"), "unknown parameter 'edge_9'"),
        (lambda lab: lab.show({}), "'edge_0_1' is missing"),
        (
            lambda lab: SpacesLab(space="conv-chain", table="nb201-cifar10"),
            "does not hold the architectures of conv-chain",
        ),
        (lambda lab: SpacesLab(space="nb301"), "space must be one of"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_lost(cells, do, says):
    cells.show(to_config("333132"))
    n = len(cells.steps)
    with pytest.raises(ValueError, match=says):
        do(cells)
    assert len(cells.steps) == n and cells.config == to_config("333132")


def test_a_child_needs_a_kept_parent():
    with pytest.raises(ValueError, match="no architecture is kept"):
        SpacesLab(seed=1).cross()


def test_an_edit_of_an_earlier_architecture_is_compared_with_that_one():
    """Scrubbed back to the first of three edits, the sentence tells what has changed since then, not since the last."""
    lab = nasbook.lab("spaces", seed=1)
    names = list(lab.spaces.space.free)
    for name in names[:3]:
        other = next(o for o in lab.spaces.space.parameters[name].options if o != lab.config[name])
        lab.edit(name, other)
    lab.scrub(1)
    shown = lab.config
    name = names[4]
    other = next(o for o in lab.spaces.space.parameters[name].options if o != shown[name])
    before = lab.known.accuracy(shown)
    lab.edit(name, other)
    said = words(lab._sentence)
    assert said.startswith(f"You went back to edit 1 and changed {name}: {shown[name]} → {other}.")
    if "same network" not in said:
        assert f"true accuracy {before:.2f} → {lab.known.accuracy(lab.config):.2f} %" in said
    assert lab.config == {**shown, name: other}
    lab.scrub(0)
    lab.edit(name, next(o for o in lab.spaces.space.parameters[name].options if o != lab.config[name]))
    assert words(lab._sentence).startswith("You went back to the first architecture and changed")
    lab.step()
    assert words(lab._sentence).startswith("A mutation changed")
