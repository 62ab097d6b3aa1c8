"""Write the table of methods in README.md, and the maps in hpo/__init__.py and nas/__init__.py, from the registry.

python tests/tools/readme_tables.py        # writes what has changed; a test holds the files to it
"""

from pathlib import Path

from nasbook import registry
from nasbook.about import PARTS

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- made by tests/tools/readme_tables.py -->", "<!-- end -->"


def lesson(number: str) -> str:
    """A link to the lesson of a number; "" where there is none."""
    found = sorted((ROOT / "notebooks").glob(f"{number}_*.ipynb")) if number else []
    return f"[{number}](notebooks/{found[0].name})" if found else ""


def table() -> str:
    """The methods, each with its file, what it does, its paper, and where it is played with and taught."""
    lines = ["| method | what it does | paper | lab | lesson |", "|---|---|---|---|---|"]
    for entry in registry.METHODS:
        parts = PARTS[entry.name]
        authors, comma, title = entry.paper.partition(", ")
        title = title if not comma or title.startswith("which") else f"*{title}*"
        file = entry.module.replace(".", "/") + ".py"
        lab = f"`{parts.lab}`" if parts.lab else ""
        lines.append(
            f"| [`{entry.name}`]({file}) | {entry.summary} | {authors}{comma}{title} | {lab} | {lesson(parts.lesson)} |"
        )
    return "\n".join(lines)


def readme() -> str:
    text = (ROOT / "README.md").read_text()
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


def room(name: str, head: str) -> str:
    """The docstring of a room: a line for each of its methods."""
    rows: dict[str, str] = {}
    for entry in registry.METHODS:
        package, _, module = entry.module.rpartition(".")
        if package == f"nasbook.{name}":
            rows[module] = f"{rows[module]}, {entry.name}" if module in rows else entry.name
    width = max(map(len, rows)) + 5
    lines = [f"    {module + '.py':{width}}{names}" for module, names in rows.items()]
    last = "`nasbook about NAME` says where the parts of a method are."
    return "\n".join([f'"""{head}', "", *lines, "", last, '"""', ""])


ROOMS = {
    "hpo": "Hyperparameter optimisation: one file a method; parts/ holds what several of them are made of.",
    "nas": "Neural architecture search: one file a strategy; parts/ holds what several are made of, spaces/ what is "
    "searched.",
}


def files() -> dict[Path, str]:
    """Every file that is made from the registry, and what it must hold."""
    return {ROOT / "README.md": readme()} | {
        ROOT / "nasbook" / name / "__init__.py": room(name, head) for name, head in ROOMS.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        if path.read_text() != text:
            path.write_text(text)
            print(f"written: {path.relative_to(ROOT)}")
