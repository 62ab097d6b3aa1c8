"""A real JupyterLab in a real Chromium, driven as a student would: open a notebook, run it, work a lab.

    with serve(folder) as server, browser() as context:
        notebook = Notebook(context.new_page(), server).open("lesson.ipynb")
        notebook.run()
        lab = notebook.lab()
        with lab.new_picture():
            lab.button("step").click()

Nothing sleeps: each wait is for something that the page shows, and ends at once when the lab shows an error.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from find_browser import find_browser
from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, sync_playwright
from ports import free_ports

PATIENCE = 150.0  # seconds for anything that the page is to show; machines that run tests are busy
LOOK = 0.04  # seconds between two looks at what is waited for; at every frame, the page would draw for nothing else
TESTS = Path(__file__).parents[1]
JUPYTERLAB = f"import sys; sys.path.insert(0, {str(TESTS)!r}); import warm; warm.run_jupyterlab()"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# No question about news, and every cell in the page: one that is scrolled away could not be clicked.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


@dataclass
class Server:
    """A JupyterLab that serves `root`."""

    url: str
    root: Path

    def end_kernels(self) -> None:
        with urllib.request.urlopen(f"{self.url}/api/kernels", timeout=PATIENCE) as answer:
            kernels = json.load(answer)
        for kernel in kernels:
            request = urllib.request.Request(f"{self.url}/api/kernels/{kernel['id']}", method="DELETE")
            urllib.request.urlopen(request, timeout=PATIENCE).close()


@contextmanager
def serve(folder: Path, settings: dict[str, Any] | None = None) -> Iterator[Server]:
    """Start JupyterLab with its own settings, and end it. Everything it writes lies in `folder`."""
    root, log = folder / "root", folder / "jupyterlab.log"
    root.mkdir(parents=True)
    for name, value in (SETTINGS if settings is None else settings).items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    [port] = free_ports(1)
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_WORKSPACES_DIR")
    environment = dict(os.environ, **{name: str(folder / name.lower()) for name in own})
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "OMP_NUM_THREADS": "1"}
    environment.pop("NASBOOK_PROGRESS", None)  # progress lies beside each notebook
    command = [
        sys.executable, "-c", JUPYTERLAB, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + 2 * PATIENCE
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
                time.sleep(0.1)
            server = Server(url, root)
            yield server
            server.end_kernels()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def browser(width: int = 1200, height: int = 900, scale: float = 1) -> Iterator[BrowserContext]:
    """One context for all pages: its cache keeps JupyterLab's JavaScript, so later pages load in half the time."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        context = chromium.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
        context.set_default_timeout(1000 * PATIENCE)
        yield context
        chromium.close()


class Notebook:
    """A notebook in a page. Exceptions of the page's JavaScript are collected in `errors`."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.errors: list[str] = []
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", self._wrong)

    def _wrong(self, error: Any) -> None:
        self.errors.append(str(error))

    def open(self, path: str, load: bool = False) -> "Notebook":
        """Open a notebook of the server's root, and wait for its kernel. A page with a JupyterLab keeps it, unless it
        is to be loaded anew, and shows this notebook in place of the one before."""
        self.path = self.server.root / path
        if self.page.url.startswith(self.server.url) and not load:
            self.page.evaluate(
                """async path => {
                    const before = jupyterapp.shell.currentWidget;
                    const widget = await jupyterapp.commands.execute('docmanager:open', { path });
                    jupyterapp.shell.activateById(widget.id);
                    before?.dispose();
                }""",
                path,
            )
        else:
            self.page.goto(f"{self.server.url}/doc/tree/{path}?reset")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.context?.isReady", polling=1000 * LOOK
        )
        self.page.evaluate(
            """async () => {
                const { context, sessionContext } = jupyterapp.shell.currentWidget;
                await context.ready;
                await sessionContext.ready;
            }"""
        )
        return self

    @property
    def folder(self) -> Path:
        return self.path.parent

    def run(self) -> None:
        """Run all cells, and wait for the last one."""
        self._command("run-all-cells")

    def run_cell(self, cell: int) -> None:
        self.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i; }", cell)
        self._command("run-cell")

    def run_to(self, cell: int) -> None:
        """Run every cell before this one, as a reader who has come so far."""
        self.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i; }", cell)
        self._command("run-all-above")

    def _command(self, name: str) -> None:
        self.page.evaluate("name => jupyterapp.commands.execute('notebook:' + name)", name)
        wrong = [f"{o['ename']}: {o['evalue']}" for o in self.outputs() if o["output_type"] == "error"]
        assert not wrong, wrong

    def outputs(self) -> list[dict[str, Any]]:
        return self.page.evaluate(
            """() => [...jupyterapp.shell.currentWidget.content.model.sharedModel.cells]
                .flatMap(cell => cell.cell_type === 'code' ? cell.getOutputs() : [])"""
        )

    def ask(self, expression: str) -> Any:
        """The value of a Python expression in the notebook's kernel."""
        answer = self.page.evaluate(
            """async code => {
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code: '', silent: true, user_expressions: { it: code } });
                return (await future.done).content.user_expressions.it;
            }""",
            f"__import__('json').dumps({expression})",
        )
        assert answer["status"] == "ok", answer
        return json.loads(eval(answer["data"]["text/plain"]))

    def wait(self, expression: str) -> None:
        """Wait until a Python expression holds in the kernel, where news of the page arrive a little later."""
        end = time.monotonic() + PATIENCE
        while not self.ask(f"bool({expression})"):
            assert time.monotonic() < end, f"in vain waited for the kernel: {expression}"
            time.sleep(LOOK)

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def lab(self) -> "LabInPage":
        """The first lab of the notebook."""
        lab = LabInPage(self.page, self.page.locator(".nb-lab").first)
        lab.picture.wait_for()
        lab.root.scroll_into_view_if_needed()
        return lab

    def close(self) -> None:
        self.page.close()
        self.server.end_kernels()

    def leave(self) -> bool:
        """End the kernel, and say whether another notebook can be opened in this page; if not, it is closed."""
        if self.errors or not self.page.url.startswith(self.server.url) or self.page.locator(".jp-Dialog").count():
            self.close()
            return False
        self.page.evaluate("() => jupyterapp.shell.currentWidget?.sessionContext.shutdown()")
        self.page.remove_listener("pageerror", self._wrong)
        self.server.end_kernels()
        return True


class LabInPage:
    """A lab as the page shows it; its parts are found by their classes."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root
        self.picture = root.locator(".nb-picture img")
        self.status = root.locator(".nb-status")
        self.sentence = root.locator(".nb-sentence")

    def button(self, name: str) -> Locator:
        return self.root.locator(f"button.nb-{name}")

    def part(self, name: str) -> Locator:
        return self.root.locator(f".nb-{name}")

    def handle(self, name: str) -> Locator:
        """The handle of a slider: 'scrub', 'set-kappa', 'choose-x' …"""
        return self.root.locator(f".nb-{name} .noUi-handle")

    @property
    def frame(self) -> int:
        """The number of the frame that is shown; it is set when the frame is decoded."""
        return int(self.picture.get_attribute("data-frame") or 0)

    @property
    def shown(self) -> int:
        """The step that the scrubber stands at."""
        return int(float(self.handle("scrub").get_attribute("aria-valuenow") or 0))

    def pixels(self) -> bytes:
        """What the picture's source holds, as a string that two different pictures do not share."""
        return self.page.evaluate(
            "async i => await (await fetch(i.src)).text()", self.picture.element_handle()
        ).encode()

    def wait(self, condition: str, argument: Any = None) -> None:
        """Wait until a JavaScript condition on `lab` (the element) and `it` (the argument) holds."""
        script = (
            """([lab, it]) => {
                const wrong = lab.querySelector('[role=alert]');
                if (wrong) throw new Error('the lab shows an error: ' + wrong.textContent);
                return """
            + condition
            + "; }"
        )
        try:
            self.page.wait_for_function(script, arg=[self.root.element_handle(), argument], polling=1000 * LOOK)
        except TimeoutError as error:
            said = f"status {self.status.inner_text()!r}, sentence {self.sentence.inner_text()!r}, frame {self.frame}"
            raise AssertionError(f"in vain waited for: {condition} with {argument!r}; {said}") from error

    def wait_status(self, text: str) -> None:
        """Wait until the status holds this text."""
        self.wait("lab.querySelector('.nb-status').textContent.includes(it)", text)

    def wait_step(self, step: int) -> None:
        """Wait until the scrubber stands at this step."""
        self.wait("Number(lab.querySelector('.nb-scrub .noUi-handle').getAttribute('aria-valuenow')) === it", step)

    def wait_frame(self, frame: int) -> None:
        """Wait until this frame, or a later one, is shown."""
        self.wait("Number(lab.querySelector('.nb-picture img').dataset.frame) >= it", frame)

    def wait_sentence(self, text: str) -> None:
        self.wait("lab.querySelector('.nb-sentence').textContent.includes(it)", text)

    @contextmanager
    def new_picture(self) -> Iterator[None]:
        """What is done inside must lead to another picture, decoded and with other pixels.

        Frames that look the same may come before it, such as the last of an earlier drag."""
        frame, before = self.frame, self.pixels()
        yield
        while True:
            self.wait_frame(frame + 1)
            frame = self.frame
            if self.pixels() != before:
                return

    def drag(self, name: str, pixels: float) -> None:
        """Move a slider with the mouse."""
        handle = self.handle(name)
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + pixels, y, steps=5)
        self.page.mouse.up()

    def key(self, name: str, *keys: str) -> None:
        """Move a slider with the keyboard."""
        handle = self.handle(name)
        handle.focus()
        for key in keys:
            handle.press(key)


def notebook_with(path: Path, *sources: str) -> Path:
    """Write a notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
