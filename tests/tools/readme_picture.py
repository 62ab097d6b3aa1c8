"""Draw the README's picture: the Bayesian lab in a real JupyterLab, after some steps.

python tests/tools/readme_picture.py        writes .github/lab.png and prints its description
"""

import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser.jupyter import Notebook, browser, notebook_with, serve  # noqa: E402
from PIL import Image  # noqa: E402

STEPS = 7
CELLS = ("import nasbook", 'lab = nasbook.lab("bayesian", task="forrester", seed=0, trials=15)\nlab')


def draw(path: Path) -> str:
    """Write the picture, with a palette; returns its description."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, browser(1090, 900) as context:
        notebook_with(server.root / "lab.ipynb", *CELLS)
        notebook = Notebook(context.new_page(), server).open("lab.ipynb")
        notebook.run()
        lab = notebook.lab()
        for n in range(1, STEPS + 1):
            lab.button("step").click()
            lab.wait_status(f"Paused after {n} of 15 trials")
        lab.wait_frame(notebook.ask("lab.image.frame"))
        lab.button("step").blur()
        lab.page.mouse.move(0, 0)
        pixels = lab.root.screenshot()
        alt = f"The Bayesian lab in JupyterLab: buttons, settings and a picture. {lab.picture.get_attribute('alt')}"
        notebook.close()
    path.parent.mkdir(exist_ok=True)
    image = Image.open(io.BytesIO(pixels)).convert("RGB")
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    return alt


if __name__ == "__main__":
    target = ROOT / ".github" / "lab.png"
    print(draw(target))
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1024:.0f} KiB", file=sys.stderr)
