"""The lists of an architecture's decisions follow what is in force."""

from widgets.labs.test_spaces_lab import click_slot

from nasbook.widgets.labs.spaces import SpacesLab


def test_a_decision_that_exists_only_sometimes_has_a_list_only_then():
    lab = SpacesLab(space="conv-chain")
    lab.show({"depth": 1, "kind_1": "maxpool", "stride_1": 1})
    visible = [name for name, made in lab.decisions.lists.items() if made.layout.display != "none"]
    assert visible == ["depth", "kind_1", "stride_1"]
    lab.decisions.lists["kind_1"].value = "conv"
    assert lab.decisions.lists["kernel_1"].layout.display != "none" and lab.decisions.lists["kernel_1"].value == 3
    click_slot(lab, (0, 1, 0))
    assert lab.config["kernel_1"] == 5
    lab.decisions.turn.value = "channels_1"
    click_slot(lab, (0, 1, 0))
    assert (lab.config["kernel_1"], lab.config["channels_1"]) == (5, 32)
