"""The lab of each method, played: as a lesson shows it where that shows the method, else with the method set."""

from __future__ import annotations

from nasbook import registry
from nasbook.about import PARTS
from nasbook.site.pictures import Pictures
from nasbook.widgets.played import Frames, lab_frames, turned_to

FRAMES = 6  # at most, of a lab that no lesson shows so
BRIEF = {"relaxations": {"seeds": 1, "epochs": 8}}  # what such a lab is shown with where it would take long
SLOW = ("weight-sharing", "hardware")  # 20 CPU seconds and more: not made anew


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


def _made(lab: str, method: str, frames: int) -> Frames | None:
    """A lab that searches by this method; None if it leaves no such choice."""
    choice = {registry.find("lab", lab).load().chooses: method}
    try:
        return lab_frames(lab, min(frames, FRAMES), alone=True, **BRIEF.get(lab, {}), **choice)
    except ValueError:
        return None
