"""A notebook that was saved, whose kernel was ended, shows its labs and questions as stills when it is opened again."""

import json

LAB = 'import nasbook; lab = nasbook.lab("bayesian", trials=2, seed=1); lab'
QUESTION = 'guess = nasbook.predict("03.q1"); guess'
ERROR = ".jp-OutputArea-child:has(> .jupyter-widgets):not(:has(> .jupyter-widgets > *))"


def test_a_saved_notebook_shows_stills_and_no_error_without_its_kernel(open_notebook):
    notebook = open_notebook(LAB, QUESTION)
    notebook.run()
    page, stills = notebook.page, notebook.page.locator(".nb-still")
    lab = notebook.lab()
    for _ in range(2):
        lab.button("step").click()
    lab.wait_step(2)
    notebook.page.get_by_role("button", name="Lock my answer").wait_for()
    assert not [still for still in stills.all() if still.is_visible()], "shown beside the living widget"
    page.wait_for_function("() => document.querySelector('.nb-still img')?.alt.includes('after 2 trials')")
    page.evaluate("""async () => {
        const widget = jupyterapp.shell.currentWidget;
        await widget.context.save();
        await widget.sessionContext.shutdown();
        widget.dispose();
    }""")
    saved = json.loads(notebook.path.read_text(encoding="utf-8"))
    assert saved["metadata"].get("widgets") is None and notebook.path.stat().st_size < 100_000

    notebook.open(str(notebook.path.relative_to(notebook.server.root)))
    page.wait_for_function("() => document.querySelectorAll('.nb-still').length === 2")
    for still in stills.all():
        still.wait_for()
        assert "Run this cell to make it live." in still.inner_text()
    assert "after 2 trials" in stills.first.locator("img").get_attribute("alt")
    assert stills.first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    errors = page.locator(ERROR)
    assert errors.count() == 2 and not [error for error in errors.all() if error.is_visible()]
    assert page.locator(".nb-lab").count() == 0

    notebook.run_cell(0)  # and it lives again
    notebook.lab().wait_status("Ready")
    assert not stills.first.is_visible() and stills.last.is_visible()
