"""The course as a site that needs no server: every lesson with its pictures, a page for each method, an API reference.

    nasbook.site.build("build/site")            what `nasbook site build/site` does

    notebooks --run.py--> executed notebooks --lesson.py--> pages with pictures beside them \\
    registry, docstrings --methods.py, front.py, api.py--> pages                             >--book.py (Sphinx)--> OUT
                                                                                            /
The pages follow from the executed notebooks and the package alone: the same input gives the same bytes. Nothing in them
asks a network for anything, so a folder on a stick does as well as a server.

    nasbook.site.lite.build("lite", "notebooks")    what `nasbook site lite --lite` does: Python in the browser
"""

from nasbook.site import lite
from nasbook.site.book import missing
from nasbook.site.build import Report, build

__all__ = ["Report", "build", "lite", "missing"]
