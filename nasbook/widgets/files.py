"""Export and Save: what a lab found, as a study for a larger machine and as a trace to come back to.

Binder forgets every file, so both offer the file as a download too.
"""

from __future__ import annotations

import base64
import html
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import ipywidgets as W

from nasbook import registry
from nasbook.space import Arguments
from nasbook.task import Fidelity
from nasbook.trace import Trace
from nasbook.widgets.parts import exchange

if TYPE_CHECKING:
    from nasbook.scale.resizing import Rescaling

SIZES = {
    "width": "all widths are multiplied",
    "depth": "all depths are multiplied",
    "batch": "batches are multiplied",
    "data": "the number of examples to learn from is multiplied",
    "resolution": "the sides of the images are multiplied",
}
TOO_LARGE = 8_000_000  # bytes that a page is asked to carry as a link


class Kept(Protocol):
    """What a lab tells of itself, so that its search can be kept."""

    name: ClassVar[str]
    unit: ClassVar[str]
    trace: Trace | None

    def keeps(self) -> str:
        """What of the search is kept, in words."""
        ...


class Files(W.VBox):
    """The last row of a lab: Export (with a panel that shows the cost first) and Save trace."""

    def __init__(self, lab: Kept) -> None:
        super().__init__()
        self.lab = lab
        self.export = W.Button(description="Export study…", icon="share")
        self.save = W.Button(description="Save trace", icon="save")
        self.export.add_class("nb-export")
        self.save.add_class("nb-save")
        self.said = W.HTML()
        self.said.add_class("nb-said")
        self.panel = W.VBox()
        self.panel.add_class("nb-panel")
        self.panel.layout.display = "none"
        self.export.on_click(lambda _: self._try(self._open))
        self.save.on_click(lambda _: self._try(self.save_trace))
        row = W.HBox([self.export, self.save])
        row.add_class("nb-row")
        row.add_class("nb-kept")
        self.add_class("nb-files")
        self.children = (row, self.panel, self.said)

    def enable(self, why_not: str | None) -> None:
        """Allow both buttons, or say why not."""
        helps = (
            (
                self.export,
                "Write a study file: this search at full scale, for a machine with GPUs. Shows the cost first.",
            ),
            (self.save, "Write every trial of this search to a file, which nasbook.Trace.load reads."),
        )
        for button, help in helps:
            if button.disabled != (why_not is not None) or button.tooltip != (why_not or help):
                button.disabled, button.tooltip = why_not is not None, why_not or help

    # ---- the trace ----------------------------------------------------------------------------------------

    def save_trace(self, path: str | Path | None = None) -> Path:
        """Write the trace as JSON lines; without a path, under a name of its own that nothing has yet."""
        trace = self.lab.trace
        if trace is None:
            raise ValueError(f"there is nothing to save yet: make a {self.lab.unit} first")
        task = trace.header.task.rpartition(":")[2].replace(" ", "-") or "task"
        stem = f"{self.lab.name}-{task}-seed{trace.header.seed}"
        path = trace.save(_fresh(Path(f"{stem}.jsonl")) if path is None else path)
        self._tell(path, f"{self.lab.keeps()} saved in")
        return path

    # ---- the study --------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Show the panel with a first proposal, or hide it."""
        if self.panel.layout.display == "":
            self.panel.layout.display = "none"
            return
        trace = self.lab.trace
        assert trace is not None
        self.fields = self._target_fields(len(trace), getattr(getattr(self.lab, "task", None), "fidelity", None))
        if "epochs" in self.fields and registry.find("method", trace.header.method).family == "one-shot":
            del self.fields["trials"]  # its epochs say how long it is
        self.cost = W.HTML()
        self.changes = W.HTML()
        self.file = W.Text("study.yaml", description="File", tooltip="Where the study is written.")
        self.replace = W.Checkbox(
            False,
            description="replace a file of this name",
            indent=False,
            tooltip="Otherwise an existing file is kept.",
        )
        write = W.Button(description="Write study", icon="check", tooltip="Write the study file.")
        write.on_click(lambda _: self._try(self.write_study))
        named = {"cost": self.cost, "changes": self.changes, "file": self.file, "replace": self.replace, "write": write}
        for name, widget in {**{f"target-{n}": f for n, f in self.fields.items()}, **named}.items():
            widget.add_class(f"nb-{name}")
        for field in self.fields.values():
            field.observe(lambda _: self._try(self._price), "value")
        exchange(self.panel, [*self.fields.values(), self.cost, self.changes, self.file, self.replace, write])
        self.panel.layout.display = ""
        self._price()

    def _target_fields(self, made: int, fidelity: Fidelity | None) -> dict[str, W.ValueWidget]:
        """What can be scaled: more trials, longer trainings where the task trains, more processes, GPUs."""
        whole = W.BoundedIntText
        fields = {
            "trials": whole(
                max(10, 10 * made),
                min=1,
                max=10**6,
                description="Trials",
                tooltip="How many configurations the large search may try.",
            ),
            "workers": whole(1, min=1, max=10**4, description="Workers", tooltip="How many trials run side by side."),
            "gpus": W.BoundedFloatText(
                0.0,
                min=0.0,
                max=64.0,
                step=0.5,
                description="GPUs a trial",
                tooltip="A fraction lets several trials share one GPU; 0 uses the processor.",
            ),
        }
        if fidelity is not None and "epoch" in fidelity.unit:
            fields["epochs"] = whole(
                int(fidelity.max), min=1, max=10**6, description="Epochs", tooltip="How long each training lasts."
            )
        scale = importlib.import_module("nasbook.scale")
        for size in scale.sizes(self.lab.trace):
            fields[f"scale-{size}"] = W.BoundedFloatText(
                1.0, min=0.01, max=10**4, description=f"{size.capitalize()} ×", tooltip=f"By what {SIZES[size]}."
            )
        if any(name.startswith("scale-") for name in fields):
            fields["rules"] = W.Checkbox(
                True,
                description="follow the rules of scale",
                indent=False,
                tooltip="Rates and decays change with the sizes; otherwise they are left as they were found.",
            )
        return fields

    @property
    def target(self) -> Arguments:
        """What the large search is to be: arguments of `trace.export`."""
        told = {name: field.value for name, field in self.fields.items()}
        scale = {name.removeprefix("scale-"): told.pop(name) for name in list(told) if name.startswith("scale-")}
        scale = {size: factor for size, factor in scale.items() if factor != 1}
        rules = told.pop("rules", True)
        return {**told, "scale": scale, "rules": rules} if scale else told

    def _price(self) -> None:
        """Say what the study would cost."""
        scale = importlib.import_module("nasbook.scale")
        cost = html.escape(str(scale.estimate(self.lab.trace, **self.target)))
        self.cost.value = f"<div role='status' style='white-space: pre-line'>{cost}</div>"
        found = scale.rescaling(self.lab.trace, **self.target) if "scale" in self.target else None
        self.changes.value = _table(found) if found else ""
        self.said.value = ""

    def write_study(self) -> Path:
        """Write the study that the panel describes."""
        trace = self.lab.trace
        assert trace is not None
        path = Path(self.file.value.strip() or "study.yaml")
        if path.exists() and not self.replace.value:
            raise ValueError(f"{path} exists: tick “{self.replace.description}”, or give another name")
        path = Path(trace.export(path, overwrite=self.replace.value, **self.target))
        how = f" Run it with <code>nasbook run {html.escape(str(path))}</code>."
        self._tell(path, f"Study made from {self.lab.keeps()}, written to", how)
        return path

    # ---- words -----------------------------------------------------------------------------------------------

    def _tell(self, path: Path, words: str, more: str = "") -> None:
        """Say where the file is, and offer it as a download."""
        data = path.read_bytes()
        link = ""
        if len(data) <= TOO_LARGE:
            href = f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"
            name = html.escape(path.name)
            link = f" <a class='nb-download' download='{name}' href='{href}'>Download {name}</a>."
        self.said.value = f"<span role='status'>{words} <code>{html.escape(str(path))}</code>.{more}{link}</span>"
        self.panel.layout.display = "none"  # it is done, and the words stand below the panel

    def _try(self, action: Callable[[], object]) -> None:
        """An exception in a button's callback would vanish: show it here."""
        try:
            action()
        except Exception as error:
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            self.said.value = f"<span role='alert' class='nb-error'>{kind}{html.escape(str(error))}</span>"


def _table(found: Rescaling) -> str:
    """What becomes of each value, by which rule, and what is not known."""
    cells = [[html.escape(cell) for cell in row] for row in found.rows]
    rows = [f"<th scope='row'>{name}</th>{''.join(f'<td>{cell}</td>' for cell in more)}" for name, *more in cells]
    head = "".join(f"<th scope='col'>{word}</th>" for word in ("value", "notebook", "study", "by"))
    below = "".join(f"<p>{html.escape(line)}</p>" for line in (*found.limits, *found.notes))
    caption = "<caption>The best of the notebook, rescaled</caption>"
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table class='nb-rules'>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _fresh(path: Path) -> Path:
    """The path, or the first of path-2, path-3 … that does not exist: nothing is overwritten."""
    n, free = 2, path
    while free.exists():
        free, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return free
