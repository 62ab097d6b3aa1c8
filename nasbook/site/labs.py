"""The lab of each method, played: as a lesson shows it where that shows the method, else with the method set."""

from __future__ import annotations

import html
import json
import re

from nasbook import registry
from nasbook.about import PARTS
from nasbook.site.pictures import Pictures
from nasbook.widgets.played import Frames, lab_frames

FRAMES = 6  # at most, of a lab that no lesson shows so
BRIEF = {"relaxations": {"seeds": 1, "epochs": 8}}  # what such a lab is shown with where it would take long
SLOW = ("weight-sharing", "hardware")  # 20 CPU seconds and more: not made anew
DATA = re.compile(r'(<script type="application/json" class="nb-data">)(.*?)(</script>)', re.S)
LAST = re.compile(r'<img src="[^"]*" alt="[^"]*"(.*?)>\n<p class="nb-said">.*?</p>', re.S)


def of_method(name: str, played: dict[str, dict[str, str]], pictures: Pictures, up: str, frames: int) -> str:
    """The lab of a method as HTML, "" where no lesson plays it. `played`: the labs of each lesson, by its number."""
    parts = PARTS[name]
    own = played.get(parts.lesson, {}).get(parts.lab, "")
    shown = [each for each in (own, *(labs.get(parts.lab, "") for labs in played.values())) if each]
    for each in shown:
        if found := turned_to(each, name):
            return found
    made = _made(parts.lab, name, frames) if shown and parts.lab not in SLOW else None
    return pictures.out_of(made.html(), up) if made else "".join(shown[:1])


def turned_to(shown: str, method: str) -> str:
    """A lab that is played, begun with the row of a method; "" if it has none."""
    kept = DATA.search(shown)
    data = json.loads(kept[2]) if kept else {}
    methods = data.get("methods", [])
    if method not in methods:
        return ""
    if methods[data["start"]] == method:
        return shown
    data["start"] = methods.index(method)
    _, image, alt, said = data["rows"][data["start"]][-1]
    words = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    first = f'<img src="{data["images"][image]}" alt="{html.escape(alt)}"'
    last = LAST.sub(lambda m: f'{first}{m[1]}>\n<p class="nb-said">{html.escape(said)}</p>', shown, count=1)
    return DATA.sub(lambda m: m[1] + words + m[3], last, count=1)


def _made(lab: str, method: str, frames: int) -> Frames | None:
    """A lab that searches by this method; None if it leaves no such choice."""
    choice = {registry.find("lab", lab).load().chooses: method}
    try:
        return lab_frames(lab, min(frames, FRAMES), alone=True, **BRIEF.get(lab, {}), **choice)
    except ValueError:
        return None
