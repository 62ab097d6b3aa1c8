"""The JupyterLite of `nasbook site OUT --lite` in a real browser: `make test-lite`, or `lite.py OUT`.

OUT is served from this machine, and nothing else can be reached: what the page asks another host for is listed and
refused. What must hold without it: the kernel starts, a slider of ipywidgets is drawn, and the runner, from nasbook's
wheel, plays and pauses by real buttons in a Python that has no threads. numpy and what was built on it lie on Pyodide's
CDN only, so `import nasbook` is tried with --network alone, where every request is let through.
"""

import argparse
import functools
import http.server
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from find_browser import find_browser  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

PATIENCE = 200_000  # ms; a busy machine is slow
SLIDER = "import ipywidgets as W\nW.IntSlider(7, description='a slider')"
RUNNER = """
import io, sys, types, zipfile, threading, time
from pyodide.http import pyfetch
archive = zipfile.ZipFile(io.BytesIO(await (await pyfetch({wheel!r})).bytes()))
module = types.ModuleType("runner")
sys.modules["runner"] = module
exec(compile(archive.read("nasbook/widgets/runner.py"), "runner.py", "exec"), module.__dict__)
def steps():
    i = 0
    while True:
        until = time.perf_counter() + 0.003
        while time.perf_counter() < until:
            pass
        yield i
        i += 1
told, play, pause = W.HTML(), W.Button(description="Play"), W.Button(description="Pause")
told.add_class("told")
def tell(*_):
    told.value = f"{{runner.driver}} {{runner.state}} {{len(runner.steps)}}"
runner = module.Runner(steps, tell, tell)
play.on_click(lambda _: runner.play())
pause.on_click(lambda _: runner.pause())
tell()
W.VBox([play, pause, told])
"""
PLAYING = """n => { const [, state, steps] = document.querySelector('.told').innerText.split(' ');
                       return state == 'playing' && steps > n + 20 }"""
NASBOOK = "import nasbook\nnasbook.search('random', 'branin', trials=5, seed=0)"


def served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class Repl:
    """JupyterLite's console on a page of its own."""

    def __init__(self, page, address):
        self.page = page
        page.goto(f"{address}/repl/index.html?kernel=python&toolbar=0&code={quote(SLIDER)}")

    def run(self, code):
        editor = self.page.locator(".jp-CodeConsole-promptCell .cm-content")
        editor.click()
        editor.fill(code)
        self.page.keyboard.press("Shift+Enter")

    def state(self):
        """The runner's driver, state and number of steps."""
        driver, state, n = self.page.locator(".told").inner_text(timeout=PATIENCE).split()
        return driver, state, int(n)


def plays_and_pauses(repl, presses=10):
    """Milliseconds from a press on Pause to the word on the page, and steps made in all."""
    page, answers, steps = repl.page, [], 0
    for _ in range(presses):
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(PLAYING, arg=steps, timeout=PATIENCE)
        answers.append(
            page.evaluate("""() => new Promise(done => {
                const begin = performance.now(), told = document.querySelector('.told');
                const look = () => told.innerText.split(' ')[1] == 'paused' ? done(performance.now() - begin)
                                                                             : setTimeout(look, 1);
                [...document.querySelectorAll('button')].find(b => b.innerText.trim() == 'Pause').click();
                look();
            })""")
        )
        driver, state, steps = repl.state()
        assert (driver, state) == ("asyncio", "paused"), (driver, state)
        time.sleep(0.2)
        assert repl.state()[2] == steps, "it goes on after a pause"
    return sorted(answers), steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", action="store_true", help="let every request through, and import nasbook")
    parser.add_argument("--picture", type=Path, help="write what the page looks like")
    args = parser.parse_args()
    address, begin = served(args.out), time.perf_counter()
    (wheel,) = args.out.glob("static/pyodide/nasbook-*.whl")

    def say(words):
        print(f"{time.perf_counter() - begin:6.1f} s  {words}", flush=True)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page, elsewhere = browser.new_context().new_page(), set()

        def route(request):
            if request.request.url.startswith(address) or not urlsplit(request.request.url).netloc or args.network:
                request.continue_()
            else:
                elsewhere.add(request.request.url)
                say(f"refused: {request.request.url}")
                request.abort()

        page.context.route("**/*", route)
        page.on("console", lambda message: message.type == "error" and say(f"    page: {message.text[:300]}"))
        repl = Repl(page, address)
        page.locator(".widget-slider .noUi-handle, .widget-slider input").first.wait_for(timeout=PATIENCE)
        say("the kernel has started and a slider is drawn")
        repl.run(RUNNER.format(wheel=f"{address}/static/pyodide/{wheel.name}"))
        page.locator(".told").wait_for(timeout=PATIENCE)
        answers, steps = plays_and_pauses(repl)
        say(
            f"played and paused {len(answers)} times, {steps} steps: Pause after {answers[len(answers) // 2]:.0f} ms, "
            f"at worst {answers[-1]:.0f} ms"
        )
        if args.network:
            repl.run(NASBOOK)
            page.locator(".jp-OutputArea-output", has_text="random on branin").wait_for(timeout=PATIENCE)
            say("nasbook searches")
        if args.picture:
            page.screenshot(path=args.picture)
        browser.close()
    assert not elsewhere, "the kernel, a slider and the runner must need nothing from elsewhere"


if __name__ == "__main__":
    main()
