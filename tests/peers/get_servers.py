"""Install the servers that some of these tests need, where that is easy: as root on Debian. Elsewhere they are skipped.

    python tests/peers/get_servers.py

A server of each kind is started by its test and for it alone: PostgreSQL in test_postgres.py, Slurm in test_slurm.py.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from find_browser import is_debian, run_quietly

INSTALL = ["apt-get", "install", "-y", "--no-install-recommends"]
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
SERVERS = {"initdb": ["postgresql"], "slurmctld": ["slurmctld", "slurmd", "slurm-client", "munge"]}


def main() -> None:
    """What is here already is left alone."""
    wanted = [p for name, packages in SERVERS.items() if shutil.which(name, path=PATH) is None for p in packages]
    if wanted and is_debian() and os.geteuid() == 0:
        for command in (["apt-get", "update"], [*INSTALL, *wanted]):
            run_quietly(command)


if __name__ == "__main__":
    main()
