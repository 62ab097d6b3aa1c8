"""How the site's tests read it: a page's links, where they lead, and a window without a network."""

import os
import re
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

LEFT = "net::ERR_ABORTED"  # a page was left while a player's pictures were still coming


class Page(HTMLParser):
    """What a page has: its ids, its links, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = [], set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        self.ids += [has["id"]] if has.get("id") else []
        if tag == "a" and has.get("href"):
            self.links.add(has["href"])
        elif tag == "link" and "stylesheet" in has.get("rel", ""):
            self.loads.add(has["href"])
        elif has.get("src"):
            self.loads.add(has["src"])


def pages_of(out):
    return {p.relative_to(out).as_posix(): Page(p) for p in sorted(out.rglob("*.html"))}


def check_links(out, pages):
    """Every link leads somewhere, every page is led to, and nothing is loaded from elsewhere."""
    wrong, reached = [], set()
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), f"{name}: an id stands there twice"
        for link in page.links | page.loads:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                if link in page.loads and to.scheme != "data":
                    wrong.append(f"{name} loads {link}")
                continue
            there = (out / name).parent / unquote(to.path) if to.path else out / name
            path = os.path.relpath(there.resolve(), out.resolve())
            reached.add(path)
            if not there.is_file() or path.startswith(".."):
                wrong.append(f"{name}: {link} leads nowhere")
            elif to.fragment and path in pages and unquote(to.fragment) not in pages[path].ids:
                wrong.append(f"{name}: {link} has no such place")
    assert not wrong, "\n".join(wrong[:20])
    assert set(pages) - reached <= {"py-modindex.html"}, "pages that no link leads to"
    for sheet in out.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?https?:", sheet.read_text(encoding="utf-8")), sheet


@contextmanager
def windows(chromium, out):
    """Opens windows without a network; what went wrong in them, or asked for more than files, fails the test."""
    wrong, contexts = [], []

    def open_window(width, scheme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        page.on("requestfailed", lambda r: wrong.append(f"{page.url}: {r.url}") if r.failure != LEFT else None)
        return page, lambda name: page.goto(f"file://{out}/{name}")

    try:
        yield open_window
    finally:
        for context in contexts:
            context.close()
    assert not wrong, "\n".join(wrong[:20])


def play(page):
    """Play every lab of a page by keyboard: the names of all, and of those whose picture stayed the same."""
    played, still = set(), set()
    for lab in page.query_selector_all(".nb-frames"):
        played.add(lab.get_attribute("data-lab"))
        lab.scroll_into_view_if_needed()  # a picture waits until it is seen
        lab.query_selector(".nb-scrub").focus()
        seen = []
        for key in ("Home", "End"):
            page.keyboard.press(key)
            lab.evaluate("lab => lab.querySelector('img').decode()")  # fails where there is no picture
            seen.append(lab.eval_on_selector("img", "image => [image.src, image.alt]"))
        if seen[0] == seen[1]:
            still.add(lab.get_attribute("data-lab"))
    return played, still
