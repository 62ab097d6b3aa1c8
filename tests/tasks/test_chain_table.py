"""The table of chains: whole, counted right, trained as the task trains, and searched for three objectives at once."""

import numpy as np

import nasbook
from nasbook.nas.spaces.block_chain import MBConvChain
from nasbook.nas.spaces.chain_supernet import ChainPlaces
from nasbook.tasks.chain_table import ChainTable

TABLE, SPACES = ChainTable(), MBConvChain()


def test_every_chain_is_there_once():
    assert len(TABLE) == 5**4 == len({tuple(config.values()) for config in TABLE.configs})
    assert 0 < TABLE.columns["error"].min() < 0.1 < TABLE.columns["error"].max() < 0.95


def test_costs_are_those_of_the_network():
    places, rng = ChainPlaces(SPACES), np.random.default_rng(0)
    for _ in range(5):
        config = SPACES.space.sample(rng)
        answer = TABLE.evaluate(config)
        error, latency, parameters = answer.values
        assert parameters == SPACES.parameters(config) and answer.metrics["flops"] == SPACES.flops(config)
        rest, *times = places.latencies
        assert latency == rest + sum(times[op] for op in places.path(config))
        assert answer.value == error


def test_a_row_is_trained_again_about_as_it_was():
    """Another processor rounds otherwise, so the error may be another by some images."""
    config = dict.fromkeys(SPACES.space.parameters, "skip") | {"block_3": "mb3e2"}
    task = nasbook.task("digits-mbconv-chain", device="cpu")
    assert abs(task.evaluate(config, seed=0).value - TABLE.evaluate(config).value) < 0.06


def test_nsga2_weighs_three_objectives_in_it():
    trace = nasbook.search("nsga2", "digits-mbconv-table", trials=40, seed=1)
    assert TABLE.objectives == ("validation error", "latency (µs)", "parameters")
    assert all(len(t.values) == 3 for t in trace.trials)
    assert trace.plot("pareto").alt
