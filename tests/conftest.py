"""What every test shares: one thread a library, no window system, a word when browser tests did not run."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# Before numpy or torch is imported: with several threads a sum depends on how it was split.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")

# A shell that starts a job in the background has it ignore Ctrl-C, and its children inherit that; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

import hypothesis
import pytest
from find_browser import find_browser

TESTS = Path(__file__).parent
NO_BROWSER = "no Chromium or Chrome was found"
NO_GPU = "they need a GPU, and run by `pytest -m gpu` where there is one"

# Two busy cores make examples slow, to run and to draw; under CI the examples are the same in every run.
UNHURRIED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow], "print_blob": True}
hypothesis.settings.register_profile("nasbook", **UNHURRIED)
hypothesis.settings.register_profile("ci", **UNHURRIED, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "nasbook")


def pytest_configure(config: pytest.Config) -> None:
    """The tests hold results to the bit, which a GPU does not, so it is hidden from all but `pytest -m gpu`."""
    if "gpu" not in config.option.markexpr:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


@cache
def is_in_browser_room(path: Path) -> bool:
    return TESTS / "browser" in path.parents


@pytest.hookimpl(tryfirst=True)  # before -m chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/browser is a browser test, and is skipped where there is no browser; so is what needs a GPU
    where there is none."""
    in_browser, on_gpu = [], [item for item in items if item.get_closest_marker("gpu")]
    for item in items:
        if is_in_browser_room(item.path):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser"):
            in_browser.append(item)
    if in_browser and find_browser() is None:
        for item in in_browser:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
    if on_gpu:
        import torch

        if not torch.cuda.is_available():
            for item in on_gpu:
                item.add_marker(pytest.mark.skip(reason=NO_GPU))


def pytest_collection_finish() -> None:
    """The tests and the libraries stay to the end: the garbage collector, which would look at all of it hundreds of
    times, leaves it alone, and looks less often than usual at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True)
def dice() -> None:
    """torch draws other numbers in each process; a test that draws some fails again where it has failed once."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="module")
def no_lab_stays() -> Iterator[None]:
    """The labs of a file's tests end with it: ipywidgets keeps what is not closed, and each lab holds some MB."""
    yield
    if ipywidgets := sys.modules.get("ipywidgets"):
        ipywidgets.Widget.close_all()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(1 for report in skipped if NO_BROWSER in str(report.longrepr))
    if count:
        terminalreporter.section("BROWSER TESTS SKIPPED", red=True, bold=True)
        terminalreporter.line(
            f"{count} BROWSER TESTS WERE SKIPPED: {NO_BROWSER.upper()}. "
            "INSTALL ONE, OR SET NASBOOK_CHROMIUM TO ITS PATH."
        )
    count = sum(1 for report in skipped if NO_GPU in str(report.longrepr))
    if count:
        terminalreporter.section(f"{count} tests skipped: {NO_GPU}", yellow=True)
