"""What the tests share that need packages nasbook only speaks to: `make test-ray` installs and runs them.

What needs a Ray stays on one worker of pytest-xdist, so that there is one Ray.
"""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ATTEMPTS = 4  # to start a Ray
LIMIT = 900  # seconds for a test: most wait for programs that a busy machine starts slowly


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker("peers")
            item.add_marker(pytest.mark.timeout(LIMIT))
            uses_ray = "ray" in item.path.stem or "ray_node" in item.fixturenames
            item.add_marker(pytest.mark.xdist_group("ray" if uses_ray else item.path.stem))
            if find_spec("ray") is None:
                item.add_marker(pytest.mark.skip(reason="`make test-ray` installs what this needs"))


@pytest.fixture(autouse=True)
def fresh_objective() -> Iterator[None]:
    """Each test has its own module of this name."""
    yield
    sys.modules.pop("objective", None)


@pytest.fixture(scope="session")
def ray_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A local Ray of two CPUs, which believes in a GPU. Ray gives its node 30 seconds to come up, which a busy machine
    may miss: then, after some attempts, what needs it is skipped."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    hidden = os.environ.pop("CUDA_VISIBLE_DEVICES", None)  # a node that is to see none does not start with one
    import ray

    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
            break
        except Exception as error:
            ray.shutdown()
            if isinstance(error, ValueError):  # what was asked for is wrong: no matter of time
                raise
            if attempt == ATTEMPTS:
                pytest.skip(f"Ray's node did not come up within its 30 seconds, {ATTEMPTS} times: {error!s:.200}")
    if hidden is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = hidden
    yield ray
    ray.shutdown()
