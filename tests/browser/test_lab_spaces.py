"""The search-space lab in a real JupyterLab: an edge is clicked, a list is used, Play walks, the source unfolds."""

from collections.abc import Callable

from browser.jupyter import LabInPage, Notebook


def click_edge(notebook: Notebook, lab: LabInPage, slot: str) -> None:
    """A click of the mouse in the middle of an edge."""
    notebook.ask("[globals().update(at=lab.graph.ax.transData.transform(lab.graph.arc(" + slot + ")[20])), 0][1]")
    x, y = notebook.ask("[at[0] / lab.image.width, 1 - at[1] / lab.image.height]")
    box = lab.picture.bounding_box()
    assert box is not None
    lab.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_spaces_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('spaces', seed=1, trials=6)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_sentence("The space has 15,625 architectures")
    before = notebook.ask("lab.config")
    slot = notebook.ask("sorted(lab.graph.edges)[0]")
    with lab.new_picture():
        click_edge(notebook, lab, str(tuple(slot)))
    lab.wait_sentence("You changed edge_")
    assert sum(notebook.ask("lab.config")[k] != v for k, v in before.items()) == 1

    with lab.new_picture():  # the same without a mouse: the decision's list
        chosen = lab.part("decision-edge_2_3").locator("select")
        chosen.select_option("conv3x3" if before["edge_2_3"] != "conv3x3" else "skip")
    lab.wait_sentence("edge_2_3")
    lab.button("keep").click()
    lab.wait_sentence("Kept as a parent")
    lab.button("draw").click()
    lab.wait_sentence("Drawn at random")
    lab.button("crossover").click()
    lab.wait_sentence("A child")
    lab.part("speed").locator("select").select_option("fastest")
    lab.button("play").click()
    lab.wait_status("Done: 6 edits")

    lab.button("source-button").click()
    lab.root.locator("pre", has_text="class Network").wait_for()
    with lab.new_picture():
        lab.part("set-space").locator("select").select_option("conv-chain")
    lab.wait_sentence("The space has 105,025,640 architectures")
    assert notebook.ask("lab.controls['table'].disabled")
