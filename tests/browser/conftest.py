"""One JupyterLab and one browser for all tests; a page shows one notebook after the other, each with its kernel."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.jupyter import Notebook, Server, browser, notebook_with, serve
from playwright.sync_api import BrowserContext, Page, expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
expect.set_options(timeout=150_000)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("jupyterlab")) as running:
        yield running


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def pages(context: BrowserContext) -> list[Page]:
    """Pages with a JupyterLab in which nobody works now."""
    return []


def opener(server: Server, context: BrowserContext, pages: list[Page]) -> Iterator[Callable[..., Notebook]]:
    opened: list[Notebook] = []

    def open_notebook(*source: str) -> Notebook:
        """A lesson by its file name, or a new notebook of these cells; each in a folder of its own."""
        folder = server.root / f"learner{len(list(server.root.iterdir()))}"
        folder.mkdir()
        if source[0].endswith(".ipynb"):
            path = Path(shutil.copy(NOTEBOOKS / source[0], folder))
        else:
            path = notebook_with(folder / "test.ipynb", *source)
        opened.append(Notebook(pages.pop() if pages else context.new_page(), server))
        return opened[-1].open(str(path.relative_to(server.root)))

    yield open_notebook
    wrong = [error for notebook in opened for error in notebook.errors]
    pages += [notebook.page for notebook in opened if notebook.leave()]
    assert not wrong, f"errors of the page's JavaScript: {wrong}"


@pytest.fixture
def open_notebook(server: Server, context: BrowserContext, pages: list[Page]) -> Iterator[Callable[..., Notebook]]:
    yield from opener(server, context, pages)


@pytest.fixture(scope="module")
def start_here(server: Server, context: BrowserContext, pages: list[Page]) -> Iterator[Notebook]:
    """Lesson 00, read as a learner does: all cells were run, from top to bottom."""
    opening = opener(server, context, pages)
    notebook = next(opening)("00_start_here.ipynb")
    notebook.run()
    yield notebook
    next(opening, None)
