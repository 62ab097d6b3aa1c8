"""Find a Chromium or Chrome for the browser tests, or get one.

    python tests/find_browser.py         print its path; exit 1 if there is none
    python tests/find_browser.py --get   the same, but try to install one first

It looks, in this order, at the variable NASBOOK_CHROMIUM, at the browsers that are installed, and at the one
that playwright downloads. With --get it asks apt-get (as root on Debian), then playwright.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium")]
APT_INSTALL = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def starts(path: str) -> bool:
    """Whether this is a browser and not, say, a launcher that asks for a package to be installed."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def playwrights_own() -> str | None:
    # In a process of its own: playwright's synchronous interface does not run twice in one.
    command = [sys.executable, "-c", PLAYWRIGHT_PATH]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return answer.stdout.strip() or None


@cache
def find_browser() -> str | None:
    """The path of a browser that starts, or None.

    Raises FileNotFoundError if NASBOOK_CHROMIUM names no browser: who set it wants no other one.
    """
    asked = os.environ.get("NASBOOK_CHROMIUM")
    if asked:
        path = shutil.which(asked)
        if path is None or not starts(path):
            message = f"NASBOOK_CHROMIUM names {asked!r}, which is not a browser that starts here."
            raise FileNotFoundError(message)
        return path
    for candidate in (*map(shutil.which, NAMES), *MAC):
        if candidate and starts(candidate):
            return candidate
    path = playwrights_own()
    return path if path and starts(path) else None


def is_debian() -> bool:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False
    return "ID=debian" in lines and shutil.which("apt-get") is not None


def get_browser() -> str | None:
    """Find a browser; if there is none, install one and look again."""
    attempts: list[list[list[str]]] = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if is_debian() and os.geteuid() == 0:
        attempts.insert(0, [["apt-get", "update"], APT_INSTALL])
    path = find_browser()
    for commands in attempts:
        if path:
            break
        print(f"No browser yet: trying {' '.join(commands[-1])}", file=sys.stderr)
        for command in commands:
            run_quietly(command)
        find_browser.cache_clear()
        path = find_browser()
    return path


def run_quietly(command: list[str]) -> None:
    """Run to the end with no questions asked; what it says goes to stderr, so stdout holds only the path."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, timeout=900)
    except subprocess.TimeoutExpired:
        print(f"gave up after 15 minutes: {' '.join(command)}", file=sys.stderr)


if __name__ == "__main__":
    try:
        found = get_browser() if "--get" in sys.argv[1:] else find_browser()
    except FileNotFoundError as error:
        sys.exit(str(error))
    if found is None:
        sys.exit(1)
    print(found)
