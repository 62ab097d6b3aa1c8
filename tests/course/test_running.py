"""A notebook run by a kernel of its own (nasbook/course/running.py)."""

import os
import tempfile

import nbformat
import pytest
from warm import warm_kernels

from nasbook.course.running import client, run

REACHED = "from ipykernel.connect import get_connection_info\nget_connection_info(unpack=True)"


def shown(notebook):
    return eval(notebook.cells[0].outputs[0].data["text/plain"])


def notebook_of(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


@pytest.mark.skipif(os.name != "posix", reason="Windows has no sockets in files")
def test_a_kernel_is_reached_through_files_and_leaves_none(tmp_path, monkeypatch):
    notebook = notebook_of(REACHED)
    with tempfile.TemporaryDirectory() as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        with client(notebook, tmp_path) as kernel:
            kernel.execute()
        assert os.listdir(short) == []
    reached = shown(notebook)
    assert reached["transport"] == "ipc" and reached["ip"].startswith(short)
    assert sorted(reached[f"{name}_port"] for name in ("shell", "iopub", "stdin", "hb", "control")) == [1, 2, 3, 4, 5]


def test_a_folder_with_a_long_name_is_none_for_sockets(tmp_path, monkeypatch):
    """A socket's path has at most 107 bytes: beyond, the kernel could not start. Umlauts count twice."""
    long = tmp_path / ("ü" * 50)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    notebook = notebook_of(REACHED)
    with client(notebook, tmp_path) as kernel:
        kernel.execute()
    assert shown(notebook)["transport"] == "tcp"


def test_where_a_run_stopped_is_said(tmp_path):
    nbformat.write(notebook_of("1", "1 / 0", "2"), tmp_path / "a.ipynb")
    with warm_kernels():
        notebook, said = run(tmp_path / "a.ipynb", tmp_path, frames=1)
    assert said == "cell 1: ZeroDivisionError: division by zero"
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, None]
