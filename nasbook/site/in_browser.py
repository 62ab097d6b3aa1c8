"""The lessons as a browser gets them, where torch cannot be: a table in place of a training, where there is one.

`CHANGES` has what is written differently, in text and code alike, so that what a lesson says stays true. What no table
holds is left as it is: such a cell says in one sentence that it needs torch, and `NEEDS` counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nasbook.space import Json

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {  # lesson -> (what stands in a cell, what a browser has)
    "00": (
        (
            '"digits-mlp")   # train a small network on 8×8 handwritten digits, for real',
            '"digits-hpo-digits")   # small networks that were trained on 8×8 handwritten digits',
        ),
        (
            "Nine parameters. Some are numbers on a logarithmic scale, some are choices, and `momentum` exists only "
            "when the optimiser is `sgd`. Trying ten values of each would take a billion trainings.",
            "Eight parameters, each with a few values, make 9,720 networks. They were all trained once, so they can be "
            "looked up here. Ten values of each would be a hundred million trainings.",
        ),
        ("We train 12 networks with", "We look up 12 trained networks, with"),
        (
            "It really trains 12 networks, which takes ten seconds or so.",
            "It looks up 12 networks, so it takes no time.",
        ),
        (
            'networks trained in {seconds:.0f} seconds")',
            'networks, trained in {seconds:.1f} seconds when the table was made")',
        ),
        ("estimate(digits, trials=200, epochs=50))", "estimate(digits, trials=200))      # a table has no more epochs"),
        ('digits.export("study.yaml", trials=200, epochs=50, ', 'digits.export("study.yaml", trials=200, '),
    ),
    "10": (
        (
            "here `digits-cells`, which trains each cell on 8×8 digits.",
            "here `digits201-digits`, a table of cells trained on 8×8 digits; with torch, `digits-cells` trains each.",
        ),
        (
            '"digits-cells", trials=4, seed=0)    # four real',
            '"digits201-digits", trials=4, seed=0)    # four recorded',
        ),
    ),
    "17": (
        (
            "and networks are really trained on 8×8 digits.",
            "and two networks that were trained on 8×8 digits are looked up.",
        ),
        ('"rgpe", "digits-cells", trials=2', '"rgpe", "digits201-digits", trials=2'),
        ("# two real trainings", "# two recorded trainings"),
    ),
}
FEWER: dict[str, tuple[tuple[str, str], ...]] = {  # lesson -> fewer seeds in its longest cells, with the same outcome
    "06": (
        ('for seed in range(10)]\n    print(f"{method:10}', 'for seed in range(4)]\n    print(f"{method:10}'),
        ("np.std(ends, ddof=1) / 10**0.5", "np.std(ends, ddof=1) / 4**0.5"),
        ("The same 1,200 epochs for each, ten seeds.", "The same 1,200 epochs for each, four seeds."),
    ),
    "09": (("def compare(space, method, trials=60, seeds=20):", "def compare(space, method, trials=60, seeds=8):"),),
    "10": (
        ("def regrets(method, seeds=30, trials=150,", "def regrets(method, seeds=10, trials=150,"),
        (
            "compared at 20, 50, 100 and 150 cells, 30 seeds each,",
            "compared at 20, 50, 100 and 150 cells, 10 seeds each,",
        ),
    ),
}
NEEDS = {"09": 5, "10": 3, "13": 3, "15": 10, "17": 2}  # lesson -> so many of its cells need torch


def adapted(number: str, notebook: Json) -> list[str]:
    """Change a notebook, as JSON has it, for the browser, and say so below its head. What it has not, in order."""
    missing: list[str] = []
    for here, there in (*CHANGES.get(number, ()), *FEWER.get(number, ())):
        found = [cell for cell in notebook["cells"] if here in "".join(cell["source"])]
        for cell in found:
            cell["source"] = "".join(cell["source"]).replace(here, there)
        missing += [] if found else [here]
    if words := note(number):
        cell = {"cell_type": "markdown", "id": "in-the-browser", "metadata": {}, "source": words}
        notebook["cells"].insert(1, cell)
    return missing


def note(number: str) -> str:
    """What is different in a lesson, as Markdown; "" where nothing is."""
    parts = []
    if number in CHANGES:
        parts.append("Where it trains networks and a table of trained ones is at hand, they are looked up.")
    if needs := NEEDS.get(number):
        parts.append(f"{needs} cells need torch, or what such a cell makes, and will say so; all others run.")
    if number in FEWER:
        parts.append("Python is several times slower here, so the longest searches are over fewer seeds.")
    return f"**This lesson in a browser.** {' '.join(parts)}" if parts else ""
