"""The controls of one architecture: buttons, a list for each decision that is in force, and the network as code."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import ipywidgets as W

from nasbook.nas.spaces.architecture import Architectures
from nasbook.space import Config, Constant, Scalar


@dataclass(frozen=True)
class Press:
    """A button: its class on the page is nb-<name>; `allowed`: can it be pressed at first?"""

    name: str
    text: str
    icon: str
    act: Callable[[], object]
    tip: str
    allowed: bool = True


class Decisions(W.VBox):
    """guarded(action, change) carries out what a control asks for; set(name, value) is what a list asks for; shown()
    is the architecture that the picture shows. `turn` says which decision of a marked edge a click changes."""

    def __init__(
        self,
        spaces: Architectures,
        guarded: Callable[..., object],
        buttons: Sequence[Press],
        set: Callable[[str, Scalar], object],
        shown: Callable[[], Config],
    ) -> None:
        self.spaces, self.guarded, self.set_one, self.shown = spaces, guarded, set, shown
        self.buttons = {press.name: self._button(press) for press in buttons}
        self.turn = W.Dropdown(
            options=[], description="A click changes", tooltip="Which decision of the marked edge a click turns on."
        )
        self.turn.add_class("nb-turn")
        self.turn.style.description_width = "initial"
        self.turn.layout.width = "250px"
        row = W.HBox([*self.buttons.values(), self.turn])
        row.add_class("nb-row")
        parameters = spaces.space.parameters
        self.lists = {n: self._list(n, p.levels(64)) for n, p in parameters.items() if not isinstance(p, Constant)}
        grid = W.HBox(list(self.lists.values()))
        grid.layout.flex_flow, grid.layout.max_height, grid.layout.overflow = "row wrap", "150px", "auto"
        self.source = W.HTML()
        self.source.layout.display = "none"
        self.unfold = W.ToggleButton(
            False,
            description="PyTorch source",
            icon="caret-right",
            tooltip="The network as code that needs only torch.",
        )
        self.unfold.add_class("nb-source-button")
        self.unfold.observe(partial(guarded, self._unfold), "value")
        super().__init__([row, grid, self.unfold, self.source])
        self.layout.width = "100%"

    def _button(self, press: Press) -> W.Button:
        made = W.Button(description=press.text, icon=press.icon, tooltip=press.tip, disabled=not press.allowed)
        made.add_class(f"nb-{press.name}")
        made.on_click(partial(self.guarded, press.act))
        return made

    def _list(self, name: str, options: Sequence[Scalar]) -> W.Dropdown:
        made = W.Dropdown(
            options=[(str(o), o) for o in options], value=options[0], description=name, tooltip=f"Decision {name}."
        )
        made.add_class(f"nb-decision-{name}")
        made.style.description_width = "initial"
        made.layout.width = f"{max(150, 60 + 7 * (len(name) + max(len(str(o)) for o in options)))}px"
        made.observe(partial(self.guarded, lambda: self.set_one(name, made.value)), "value")
        return made

    def allow(self, name: str, tip: str) -> None:
        """Let a button be pressed; the tip says what for."""
        self.buttons[name].disabled, self.buttons[name].tooltip = False, tip

    def _unfold(self) -> None:
        self.source.layout.display = "" if self.unfold.value else "none"
        self.unfold.icon = "caret-down" if self.unfold.value else "caret-right"
        self._write(self.shown())

    def _write(self, config: Config) -> None:
        if not self.unfold.value:
            return
        text = self.spaces.source(config)
        link = f"data:text/x-python;base64,{base64.b64encode(text.encode()).decode()}"
        self.source.value = (
            f"<a download='network.py' href='{link}'>Download network.py</a>, or click the text and copy it:"
            f"<pre style='user-select: all; max-height: 300px; overflow: auto'>{html.escape(text)}</pre>"
        )

    def follow(self, config: Config, marked: Sequence[str]) -> None:
        """Show this architecture: what does not exist in it has no list. marked: the decisions of the marked edge."""
        for name, made in self.lists.items():
            display = "" if name in config else "none"
            if made.layout.display != display:
                made.layout.display = display
            if name in config and made.value != config[name]:
                made.value = config[name]
        if self.turn.options != tuple(marked):
            kept = self.turn.value
            self.turn.options = marked
            if marked:
                self.turn.value = kept if kept in marked else marked[0]
        self.turn.disabled = not marked
        self._write(config)
