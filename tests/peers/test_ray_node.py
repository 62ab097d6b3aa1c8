"""nasbook on a Ray worker is nasbook here."""

from typing import Any

import nasbook


def test_a_search_on_a_ray_worker_is_the_search_here(ray_node: Any) -> None:
    def values(seed: int) -> list[float]:
        return [t.value for t in nasbook.search("random", "branin", trials=5, seed=seed).trials]

    there = ray_node.get(ray_node.remote(values).remote(3))
    assert there == values(3) != values(4)
