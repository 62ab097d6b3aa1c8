"""A lab as frames that can be played without a kernel: pictures that were drawn before, with their words.

    frames = capture(nasbook.lab("bayesian", seed=2))     # a copy of the lab is run; the lab itself stays as it is
    frames.html()                                          # a fragment of a page, for player.js and player.css
    frames.write("build/bayesian")                         # a page of its own, that opens from a disk

What a reader can move: the step that is shown, and one control of the lab over a few values. Which control tells most
stands in the lab's class, as `telling`, and what it is shown with where the default takes long, as `shown_with`.
The same lab gives the same bytes.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from nasbook import registry
from nasbook.plots.style import number

if TYPE_CHECKING:
    from ipywidgets import ValueWidget

HERE = Path(__file__).parent
SHORT = 3  # so few frames are wanted where a lesson is only tried, not shown


@dataclass(frozen=True)
class Frame:
    """One picture of a lab, after `step` steps."""

    step: int
    image: bytes  # WebP, without loss
    alt: str
    sentence: str


@dataclass(frozen=True)
class Frames:
    """Rows of frames: one row for each value of the control, or a single row where there is none."""

    name: str
    unit: str
    width: int
    height: int
    control: str  # its label; "" where there is none
    labels: tuple[str, ...]  # of the control's values
    rows: tuple[tuple[Frame, ...], ...]
    start: int  # the row that the lab's own settings give
    methods: tuple[str, ...]  # by which each row searches; "" where the lab leaves no choice
    left_out: tuple[str, ...] = ()  # values that do not go with the lab's other settings: "nothing: there is no task …"

    @property
    def last(self) -> Frame:
        return self.rows[self.start][-1]

    @property
    def alt(self) -> str:
        return self.last.alt

    @property
    def sentence(self) -> str:
        return self.last.sentence

    @property
    def count(self) -> int:
        return sum(map(len, self.rows))

    @property
    def size(self) -> int:
        """Bytes of all different images."""
        return sum(map(len, {frame.image for row in self.rows for frame in row}))

    def html(self) -> str:
        """The player as a fragment of a page. Without a script it shows the last frame and its words."""
        places: dict[bytes, int] = {}
        images = [places.setdefault(f.image, len(places)) for row in self.rows for f in row]
        at = iter(images)
        data = {
            "unit": self.unit,
            "control": self.control,
            "labels": self.labels,
            "start": self.start,
            "methods": self.methods,
            "images": [_uri(image) for image in places],
            "rows": [[[f.step, next(at), f.alt, f.sentence] for f in row] for row in self.rows],
        }
        return (
            f'<div class="nb-frames" data-lab="{html.escape(self.name)}" role="group" lang="en" '
            f'aria-label="The {html.escape(self.name)} lab, played from pictures">\n'
            f'<img src="{_uri(self.last.image)}" alt="{html.escape(self.alt)}" width="{self.width}" '
            f'height="{self.height}">\n<p class="nb-said">{html.escape(self.sentence)}</p>\n'
            f'<script type="application/json" class="nb-data">{embedded(data)}</script>\n</div>'
        )

    def write(self, folder: str | Path) -> Path:
        """A page of its own, which opens from a disk: index.html in this folder."""
        page = Path(folder) / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        style, script = ((HERE / f"player.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
        page.write_text(
            '<!doctype html>\n<html lang="en"><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            f"<title>The {html.escape(self.name)} lab</title>\n"
            f"<style>:root {{ color-scheme: light dark; font-family: sans-serif; }}\n{style}</style>\n"
            f"<body><main>{self.html()}</main>\n<script>{script}</script></body></html>\n",
            encoding="utf-8",
        )
        return page


def embedded(data: object) -> str:
    """Data as the text of a <script>: without a "<", nothing in it is markup."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


DATA = re.compile(r'(<script type="application/json" class="nb-data">)(.*?)(</script>)', re.S)
LAST = re.compile(r'<img([^>]*?) src="[^"]*" alt="[^"]*"([^>]*)>\n<p class="nb-said">.*?</p>', re.S)


def turned_to(shown: str, method: str) -> str:
    """A player's HTML, its pictures in it or beside it, begun with the row of a method; "" if it has none."""
    kept = DATA.search(shown)
    data = json.loads(kept[2]) if kept else {}
    methods = data.get("methods", [])
    if method not in methods:
        return ""
    if methods[data["start"]] == method:
        return shown
    data["start"] = methods.index(method)
    _, image, alt, said = data["rows"][data["start"]][-1]
    first = f'src="{data["images"][image]}" alt="{html.escape(alt)}"'
    words = f'<p class="nb-said">{html.escape(said)}</p>'
    last = LAST.sub(lambda m: f"<img{m[1]} {first}{m[2]}>\n{words}", shown, count=1)
    return DATA.sub(lambda m: m[1] + embedded(data) + m[3], last, count=1)


def _uri(image: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(image).decode()


def lab_frames(name: str, frames: int = 12, alone: bool = False, **settings: object) -> Frames:
    """The frames of a lab by its name, with the settings that it is shown with; `settings` count more."""
    lab = registry.find("lab", name).load().to_show(**settings)
    try:
        return capture(lab, frames, alone=alone)
    finally:
        lab.close()


def capture(lab: Any, frames: int = 12, short: bool = False, alone: bool = False) -> Frames:
    """Run copies of a lab, one for each value of its telling control, and keep at most so many frames of each history.

    alone: no other value is tried. short: nor are more than the first frames - 1 steps made; for tests. A value that
    the lab refuses with its other settings is in `left_out`. ValueError for fewer than two frames; what goes wrong in
    the lab's search is raised as it is."""
    if frames < 2:
        raise ValueError(f"capture: at least two frames are needed, not {frames!r}")
    name, values = (None if short or alone else lab.telling) or ("", ())
    if not name or lab.controls[name].disabled:  # it has no say with these settings
        name, values = "", ()
    own = lab.values.get(name)
    if name and own not in values:
        values = (*values, own) if isinstance(own, str | bool) else tuple(sorted((*values, own)))
    left_out = []
    few = (frames + 1) // 2  # the lab's own history is shown in more detail than what it is compared with
    with _run(lab.copy(), frames - 1 if short else None) as one:
        found = {own: _row(one, frames)}
        for value in values:
            if value == own:
                continue
            try:
                other = one if lab.draws_only(name) else lab.copy(**{name: value})
                if other is one:
                    one.set(**{name: value})
            except ValueError as refused:
                left_out.append(f"{value}: {refused}")
                continue
            if other is one:
                found[value] = _row(one, few)
            else:
                with _run(other):
                    found[value] = _row(other, few)
    rows = {value: found[value] for value in values or (own,) if value in found}
    with Image.open(io.BytesIO(rows[own][-1].image)) as image:
        width, height = image.size
    control = lab.controls.get(name)
    labels = tuple(_label(control, value) for value in rows) if control else ("",)
    label = control.description if control else ""
    by = tuple(str(value if name == lab.chooses else lab.values.get(lab.chooses, "")) for value in rows)
    at = list(rows).index(own)
    return Frames(
        lab.name, lab.unit, width, height, label, labels, tuple(rows.values()), at, by, left_out=tuple(left_out)
    )


@contextmanager
def _run(lab: Any, steps: int | None = None) -> Iterator[Any]:
    """A lab that has been run, to the end or so many steps; closed in the end."""
    try:
        if steps is None:
            lab.run()
        else:
            lab.step(steps)
        yield lab
    finally:
        lab.close()


def _row(lab: Any, frames: int) -> tuple[Frame, ...]:
    row = []
    for step in places(len(lab.steps), frames):
        lab.scrub(step)
        row.append(Frame(step, to_webp(lab.image.png), lab.image.alt, lab.said))
    return tuple(row)


def places(steps: int, frames: int) -> list[int]:
    """Which steps are shown: the beginning, the end, and what lies between at even distances."""
    if steps < frames:
        return list(range(steps + 1))
    return sorted({round(i * steps / (frames - 1)) for i in range(frames)})


def to_webp(png: bytes) -> bytes:
    """The same pixels, smaller."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(out, "WEBP", lossless=True, quality=50, method=3)
    return out.getvalue()


def _label(widget: ValueWidget, value: object) -> str:
    """A value in the words of its control."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    for text, option in zip(
        getattr(widget, "_options_labels", ()), getattr(widget, "_options_values", ()), strict=False
    ):
        if option == value:
            return str(text)
    return number(value) if isinstance(value, int | float) else str(value)
