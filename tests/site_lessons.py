"""A lesson that ran, as small as the site's tests need it: one cell with these outputs, and a PNG."""

import base64
import io

import nbformat
from PIL import Image

from nasbook.site import run


def png():
    out = io.BytesIO()
    Image.new("P", (40, 20)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def ran(*outputs, source="x", metadata=None, error=""):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1, metadata=metadata or {})
    first = nbformat.v4.new_markdown_cell("# 03 · Title\n\n**After this lesson** you can.")
    return run.Lesson("03_title", None, nbformat.v4.new_notebook(cells=[first, cell]), error)


def shown(made):
    return [out for cell in made.cells for out in cell.get("outputs", ())]
