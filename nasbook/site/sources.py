"""The files of the repository that the site's texts name, each as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nasbook import registry
from nasbook.site.run import page_of
from nasbook.site.words import escape

LANGUAGES = {".py": "python", ".md": "markdown", ".js": "javascript", ".css": "css", ".yaml": "yaml", ".sh": "bash"}


@dataclass
class Sources:
    """Where a path of the repository is on the site; what is asked for gets a page of its own."""

    root: Path  # of the checkout
    lessons: set[str]  # their pages: "03_acquisition", "de-01_sei_der_optimierer"
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.methods = {e.module.replace(".", "/") + ".py": e.name for e in reversed(registry.METHODS)}

    def leads(self, path: str) -> str | None:
        """From a page one folder below the root of the site: the page of a file, None if there is no such file."""
        page = page_of(path.removeprefix("notebooks/"))
        if page in self.lessons:
            return f"../lessons/{page}.ipynb"
        if path in self.methods:
            return f"../methods/{self.methods[path]}.md"
        if not (self.root / path).is_file() or Path(path).suffix not in LANGUAGES or ".." in Path(path).parts:
            return None
        self.asked.add(path)
        return f"../sources/{page_name(path)}.md"

    def pages(self) -> dict[str, str]:
        """Every page that was asked for: {"sources/nasbook-hpo-parts-gp-py": Markdown}."""
        made = {}
        for path in sorted(self.asked):
            text = (self.root / path).read_text(encoding="utf-8")
            made[f"sources/{page_name(path)}"] = f"# {escape(path)}\n\n{block(text, LANGUAGES[Path(path).suffix])}\n"
        index = "".join(f"- [{escape(path)}]({page_name(path)}.md)\n" for path in sorted(self.asked))
        tree = "".join(f"{page_name(path)}\n" for path in sorted(self.asked))
        made["sources/index"] = (
            "# Source files\n\nThe files that lessons and methods name. A method has its file on its own page.\n\n"
            f"{index}\n```{{toctree}}\n:hidden:\n\n{tree}```\n"
        )
        return made


def page_name(path: str) -> str:
    return path.replace("/", "-").replace(".", "-").replace("_", "-").lower()


def block(code: str, language: str = "python", emphasised: str = "") -> str:
    """A highlighted block of code, whatever stands in it."""
    fence = "```"
    while fence in code:
        fence += "`"
    more = f":emphasize-lines: {emphasised}\n" if emphasised else ""
    return f"{fence}{{code-block}} {language}\n{more}\n{code.rstrip()}\n{fence}\n"
