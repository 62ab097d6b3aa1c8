"""The PBT lab in a real JupyterLab: it opens, plays, and copying off makes lanes without arrows."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_pbt_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('pbt', population=6, epochs=8)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 8 rounds to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 8 rounds")
    lab.wait_sentence("became a copy of")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert notebook.ask("lab.lanes.descent()") in lab.picture.get_attribute("alt")
    with lab.new_picture():
        lab.part("set-colour").locator("select").select_option("founder")
    lab.wait_status("Done: 8 rounds")
    lab.part("set-exploit").locator("input").uncheck()
    lab.wait_status("so the search starts again")
    lab.button("play").click()
    lab.wait_status("Done: 8 rounds")
    lab.wait_sentence("with it, from the same starts")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert "6 members, none a copy of another" in lab.picture.get_attribute("alt")
