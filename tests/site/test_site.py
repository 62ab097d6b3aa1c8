"""The site in a real browser: every page without a network, every link, every lab, and no fault that axe-core finds.

`make test-site` runs the lessons first, which are left in build/executed (tests/course/moved.py).
"""

import os
import re
from pathlib import Path

import axe_playwright_python
import pytest
from browser.jupyter import FLAGS
from find_browser import find_browser
from playwright.sync_api import sync_playwright
from site_pages import check_links, pages_of, play, windows

from nasbook import registry, site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]  # the first one builds the site, on a busy machine slowly
ROOT = Path(__file__).parents[2]
NAMED = os.environ.get("NASBOOK_EXECUTED")
EXECUTED = Path(NAMED or ROOT / "build" / "executed")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
KINDS = {  # of pages, each with one of them
    "index.html",
    "lessons/index.html",
    "lessons/02_gaussian_processes.html",
    "methods/index.html",
    "methods/bayesian.html",
    "gallery.html",
    "glossary.html",
    "reference/index.html",
    "reference/nasbook.html",
    "sources/nasbook-hpo-parts-gp-py.html",
    "search.html",
    "genindex.html",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    if not NAMED and not EXECUTED.is_dir():
        pytest.skip("no lessons were run: `make test-site` runs them first")
    out = tmp_path_factory.mktemp("site")
    return site.build(out, ROOT / "notebooks", executed=EXECUTED, repository="someone/nasbook", frames=2)


@pytest.fixture(scope="module")
def pages(report):
    return pages_of(report.out)


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def window(chromium, report):
    with windows(chromium, report.out) as opened:
        yield opened


def test_all_is_built_without_a_warning_and_small(report, pages):
    assert not report.errors and not report.warnings
    assert report.bytes < 60e6 and float(re.search(r"\(([\d.]+) MB\)", report.largest)[1]) < 6
    lessons = {p.stem for p in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    translated = {f"{p.parent.name}-{p.stem}" for p in EXECUTED.glob("??/[0-9][0-9]_*.ipynb")}
    assert {f"lessons/{stem}.html" for stem in translated} <= set(pages)
    assert {f"lessons/{stem}.html" for stem in lessons} <= set(pages)
    assert {f"methods/{entry.name}.html" for entry in registry.METHODS} <= set(pages)
    for stem in lessons:
        text = (report.out / "lessons" / f"{stem}.html").read_text(encoding="utf-8")
        assert f'href="../notebooks/{stem}.ipynb"' in text and f"urlpath=lab/tree/notebooks/{stem}.ipynb" in text
        assert not re.search(r"Traceback \(most recent|model not found|data:image/\w+;base64", text), stem


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(report, pages):
    check_links(report.out, pages)


def test_every_page_opens_on_a_telephone_without_a_network(window, pages):
    page, go = window(360)
    wide = {}
    for name in pages:
        go(name)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[name] = width
    assert not wide


def test_no_page_is_wider_than_a_tablet_or_a_laptop(window):
    page, go = window(1366)
    wide = []
    for name in sorted(KINDS):
        go(name)
        for width in (800, 1024, 1080, 1366):  # below, between and above the widths at which sidebars come
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((name, width))
    assert not wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(window, scheme):
    page, go = window(1200, scheme)
    found = []
    for name in sorted(KINDS):
        go(name)
        page.evaluate(AXE)
        options = {"resultTypes": ["violations"], "preload": False}
        options |= {"runOnly": ["color-contrast"]} if scheme == "dark" else {}  # all else is as in the light
        for fault in page.evaluate("options => axe.run(document, options)", options)["violations"]:
            if fault["impact"] in ("serious", "critical"):
                found.append(f"{name}: {fault['id']}: {fault['nodes'][0]['html'][:200]}")
    assert not found, "\n".join(found)


def test_the_search_finds_a_method_and_a_lesson_from_a_disk(window):
    page, go = window(1200)
    go("search.html?q=hypergradient")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.getAttribute('href'))")
    paths = {link.partition("?")[0].partition("#")[0] for link in found}
    assert {"methods/hypergradient.html", "lessons/08_hypergradients.html"} <= paths


def test_every_lab_plays_by_keyboard(window, pages):
    page, go = window(1200)
    played, still = set(), set()
    for name in pages:
        if name.startswith("lessons/") and "player.js" in str(pages[name].loads):
            go(name)
            here, stayed = play(page)
            played, still = played | here, still | stayed
    assert played == {entry.name for entry in registry.LABS}
    assert still <= {"run"}  # a run that has only just begun


def test_a_prediction_is_locked_before_its_outcome_is_read(window):
    page, go = window(360)
    go("lessons/03_acquisition.html")
    question, outcome = (page.locator(f'.{kind}[data-question="03.q1"]') for kind in ("nb-predict", "nb-outcome"))
    came = outcome.get_attribute("data-outcome")
    assert came not in outcome.inner_text()
    question.locator("input").first.check()
    question.get_by_role("button", name="Lock my answer").click()
    assert came in outcome.inner_text()
    page.reload()
    assert question.locator("input").first.is_disabled() and came in outcome.inner_text()
