"""Processes that begin warm: real ones, but forked from a server that has imported the libraries once.

    process = Warm([sys.executable, "script.py", "a"], env={...}, cwd=folder, stderr=path)
    with warm_kernels():                        # every kernel that a notebook client starts begins warm
        NotebookClient(notebook, kernel_name="python3").execute()

What takes seconds in each new interpreter (torch, matplotlib, SciPy) is paid once a run. All of them have the hash seed
of the server: where another one matters, compare with a process of subprocess.

    python -m pytest -p warm --nbval-lax …      the same for nbval's kernels, with tests/ on PYTHONPATH
    python -c "import warm; warm.run_jupyterlab()" …    … and for those of a JupyterLab

These two preload nothing of nasbook: what a lesson forgets to import is missing there as in a learner's kernel.
"""

import atexit
import gc
import itertools
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from multiprocessing import forkserver
from unittest import mock

LIBRARIES = (
    "ipykernel.kernelapp", "ipykernel.zmqshell", "torch", "torch._dynamo", "matplotlib.pyplot",
    "matplotlib_inline.backend_inline", "scipy.stats", "sklearn.ensemble", "nasbook.course", "nasbook.widgets",
    "nasbook.search", "nasbook.nas.parts.oneshot",
)  # fmt: skip
FOREIGN = [name for name in LIBRARIES if not name.startswith("nasbook")]
SERVER_ID = "--IPKernelApp.parent_handle=PID"  # a kernel ends with the process that it names
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(list(LIBRARIES))


class Warm:
    """What subprocess.Popen is, for `python FILE …`, `python -c CODE …` and `python -m MODULE …`."""

    stdin = stdout = stderr = None

    def __init__(self, command, *, env=None, cwd=None, stderr=None):
        own = dict(os.environ if env is None else env)
        self.process = SERVER.Process(target=run, args=(list(map(str, command)), own, cwd, stderr))
        self.process.start()
        self.pid = self.process.pid
        while self.poll() is None and os.getpgid(self.pid) != self.pid:  # until then a signal would hit the server
            time.sleep(0.001)

    @property
    def returncode(self):
        return self.process.exitcode

    def poll(self):
        return self.process.exitcode

    def wait(self, timeout=None):
        self.process.join(timeout)
        assert self.process.exitcode is not None, f"{self.process.name} has not ended within {timeout} s"
        return self.process.exitcode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


def run(command, environment, folder, stderr):
    """In the new process: what Python does with its command line."""
    gc.freeze()  # the libraries of the server
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder or os.getcwd())
    if stderr is not None:
        os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    places = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:0] = [p for p in places if p not in sys.path]
    option, *rest = [SERVER_ID.replace("PID", str(os.getppid())) if word == SERVER_ID else word for word in command[1:]]
    try:
        if option == "-c":
            sys.argv = ["-c", *rest[1:]]
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        elif option == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [option, *rest]
            runpy.run_path(option, run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out


@contextmanager
def warm_kernels():
    """Kernels of jupyter_client are forked from the server in this block, and reached through files: of the ports that
    jupyter_client finds free, another process may be given one before the kernel binds it, and the kernel dies."""
    from jupyter_client.provisioning import LocalProvisioner  # here, as only some who start processes have it

    find_ports, numbers = LocalProvisioner.pre_launch, itertools.count()

    def launch(command, *, env=None, cwd=None, **_):
        return Warm([*command, SERVER_ID], env=env, cwd=cwd)

    async def name_files(provisioner, **more):
        manager = provisioner.parent
        if manager.transport == "tcp":  # at the first start; a restart keeps its files
            manager.transport, manager.ip = "ipc", os.path.join(sockets, str(next(numbers)))
        return await find_ports(provisioner, **more)

    with (
        tempfile.TemporaryDirectory(prefix="nasbook-kernels-") as sockets,
        mock.patch("jupyter_client.provisioning.local_provisioner.launch_kernel", launch),
        mock.patch.object(LocalProvisioner, "pre_launch", name_files),
    ):
        yield


def pytest_sessionstart(session):
    """As a plugin: all kernels of a session are."""
    stack = ExitStack()
    SERVER.set_forkserver_preload(FOREIGN)
    stack.enter_context(warm_kernels())
    session.config.add_cleanup(stack.close)


def run_jupyterlab():
    """What `python -m jupyterlab` does, with such kernels."""
    SERVER.set_forkserver_preload(FOREIGN)
    forkserver.ensure_running()  # it loads the libraries while JupyterLab begins
    with warm_kernels():
        runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)
