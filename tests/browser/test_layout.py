"""Nothing jumps: what is said, unfolded or played moves neither the controls nor the picture of a lab; and on a small
screen both are in sight together, with the settings and with Export and Save."""

from collections.abc import Callable, Iterator

import pytest
from browser.conftest import opener
from browser.jupyter import LabInPage, Notebook, Server
from playwright.sync_api import BrowserContext, Page

from nasbook import registry

LABS = [entry.name for entry in registry.LABS]
SMALL = {
    "race": ", seeds=2, trials=10",
    "transfer": ", seeds=2, trials=10, known=10",
    "estimators": ", cells=100",
    "darts": ", epochs=2, channels=2",
    "pbt": ", population=3, epochs=5",
    "relaxations": ", seeds=2, epochs=2, channels=4",
    "weight-sharing": ", epochs=1, data='digits'",
    "ensemble": ", seeds=3, pool=10, members=4",
    "few-shot": ", epochs=2, meta_steps=1, tasks=1",
    "gan": ", epochs=2, steps=10, images=10",
    "hardware": ", epochs=3",
    "growth": ", rounds=1, networks=4, epochs=1",
    "hypergradient": ", unroll=2, rounds=5",
    "run": ", 'runs/sample', follow=False",
}
PARTS = ("row", "play", "pause", "reset", "scrub", "settings", "picture", "sentence", "save")
LONG = "A setting with a long name changed, so the search starts again. The trials so far are thrown away with it."

BOXES = """([lab, names]) => {
    const { left, top } = lab.getBoundingClientRect();
    return Object.fromEntries(names.map(name => {
        const b = lab.querySelector('.nb-' + name).getBoundingClientRect();
        return [name, [b.left - left, b.top - top, b.width]];
    }));
}"""


@pytest.fixture(scope="module")
def notebook(server: Server, context: BrowserContext, pages: list[Page]) -> Iterator[Notebook]:
    """One notebook with every lab, so that JupyterLab is loaded once."""
    opening = opener(server, context, pages)
    cells = [f"{_name(n)} = nasbook.lab({n!r}{SMALL.get(n, '')}); {_name(n)}" for n in LABS]
    sample = "nasbook.search('random', 'branin', trials=6, out='runs/sample/trace.jsonl')"
    opened = next(opening)(f"import nasbook; {sample};", *cells)
    opened.run()
    yield opened
    next(opening, None)


def _name(lab: str) -> str:
    """What the notebook calls a lab."""
    return lab.replace("-", "_")


def lab_of(notebook: Notebook, name: str) -> LabInPage:
    root = notebook.cell(1 + LABS.index(name)).locator(".nb-lab")
    lab = LabInPage(notebook.page, root)
    lab.picture.wait_for()
    root.scroll_into_view_if_needed()
    lab.wait_frame(1)
    return lab


def boxes(lab: LabInPage) -> dict[str, list[float]]:
    return lab.page.evaluate(BOXES, [lab.root.element_handle(), list(PARTS)])


def moved(before: dict[str, list[float]], after: dict[str, list[float]], *but: str) -> dict[str, object]:
    far = lambda a, b: any(abs(x - y) > 1 for x, y in zip(a, b, strict=True))  # noqa: E731
    return {name: (before[name], after[name]) for name in PARTS if name not in but and far(before[name], after[name])}


@pytest.mark.parametrize("name", LABS)
def test_nothing_moves(notebook: Notebook, name: str):
    lab = lab_of(notebook, name)
    before = boxes(lab)
    more = lab.part("more-button")
    if more.count():
        more.click()
        lab.wait("lab.querySelector('.nb-more .nb-more').offsetHeight > 0")
        assert moved(before, boxes(lab)) == {}, "More"
        more.click()
        lab.wait("lab.querySelector('.nb-more .nb-more').offsetHeight === 0")
    notebook.ask(f"{_name(name)}.note({LONG!r})")
    lab.wait_status(LONG)
    assert moved(before, boxes(lab)) == {}, "a long status"
    lab.button("step").click()
    lab.wait_step(1)
    lab.wait_frame(notebook.ask(f"{_name(name)}.image.frame"))
    assert moved(before, boxes(lab)) == {}, "a step"


@pytest.mark.parametrize("name", LABS)
def test_controls_and_picture_are_in_sight_together(notebook: Notebook, name: str):
    page = notebook.page
    page.set_viewport_size({"width": 1000, "height": 700})
    try:
        page.wait_for_function(  # JupyterLab fits its panels to the window a little later
            "() => document.querySelector('.jp-NotebookPanel').getBoundingClientRect().right <= innerWidth"
        )
        lab = lab_of(notebook, name)
        top, bottom, room = page.evaluate(
            """lab => {
                const panel = lab.closest('.jp-WindowedPanel-outer, .jp-Notebook').getBoundingClientRect();
                const seen = lab.querySelectorAll('.nb-picture img, .nb-settings, .nb-kept, .nb-own-left .nb-own');
                return [lab.querySelector('.nb-row').getBoundingClientRect().top,
                        Math.max(...[...seen].map(e => e.getBoundingClientRect().bottom)),
                        Math.min(panel.bottom, innerHeight) - panel.top];
            }""",
            lab.root.element_handle(),
        )
        assert bottom - top <= room, (bottom - top, room)
    finally:
        page.set_viewport_size({"width": 1200, "height": 900})


Open = Callable[..., Notebook]


def test_a_cell_that_runs_again_shows_a_picture_and_ends_the_old_search(open_notebook: Open):
    notebook = open_notebook(
        "import nasbook, threading", "lab = nasbook.lab('evolution', trials=300, population=8)\nlab"
    )
    notebook.run()
    threads = "[t.name for t in threading.enumerate()].count('nasbook-search')"
    for _ in range(3):
        lab = notebook.lab()
        lab.wait_frame(1)
        lab.button("play").click()
        lab.wait_status("Playing")
        notebook.run_cell(1)
    lab = notebook.lab()
    lab.wait_frame(1)
    lab.wait_status("Ready")
    notebook.wait(f"{threads} == 0")
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 300 trials")


def test_a_lab_whose_output_is_cleared_pauses(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('evolution', trials=300, population=8)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.button("play").click()
    lab.wait_status("Playing")
    notebook.page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    notebook.wait("lab.runner.state == 'paused'")


def test_a_lab_whose_kernel_was_restarted_says_so_and_takes_no_clicks(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('evolution', trials=300, population=8)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_frame(1)
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    lab.wait("getComputedStyle(lab, '::after').content.includes('The kernel of this lab has ended')")
    assert lab.part("row").first.evaluate("e => getComputedStyle(e).pointerEvents") == "none"
    notebook.run()
    lab = notebook.lab()
    lab.wait_frame(1)
    assert lab.root.evaluate("e => getComputedStyle(e, '::after').content") in ("none", "normal")


def test_enter_tries_the_point_of_the_game(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('game', surface='branin', trials=4)\nlab")
    notebook.run()
    lab = notebook.lab()
    field = lab.part("typed").locator("input")
    field.fill("1, 2")
    field.press("Enter")
    lab.wait_status("Paused after 1 of 4 rounds")
    assert notebook.ask("lab.trace[0].trial.config") == {"x1": 1.0, "x2": 2.0}


def test_the_keyboards_cross_reaches_the_neighbours(open_notebook: Open):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('spaces', seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_frame(1)
    areas = notebook.ask("lab.image.areas")
    frame = lab.part("frame").first
    frame.focus()
    for _ in range(11):  # from the middle of the graph down, over its edge
        frame.press("Shift+ArrowDown")
    top = float(lab.part("cross").evaluate("e => parseFloat(e.style.top)")) / 100
    low = areas[1]
    assert low[1] - 1e-6 <= top <= low[1] + low[3] + 1e-6, (top, low)
