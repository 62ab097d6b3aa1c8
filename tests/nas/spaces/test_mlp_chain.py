"""Costs of a perceptron, by hand."""

from nasbook.nas.spaces.mlp_chain import MLPChain


def test_costs_of_a_perceptron_by_hand():
    spaces = MLPChain()
    config = {"depth": 2, "width_1": 16, "activation_1": "relu", "width_2": 32, "activation_2": "gelu"}
    assert spaces.parameters(config) == (64 * 16 + 16 + 32) + (16 * 32 + 32 + 64) + 32 * 10 + 10
    assert spaces.flops(config) == 64 * 16 + 3 * 16 + 16 * 32 + 3 * 32 + 32 * 10
