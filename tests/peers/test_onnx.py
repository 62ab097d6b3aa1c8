"""Networks of every space leave as ONNX and as a torch program, their weights as the package safetensors reads them."""

from typing import Any

import numpy as np
import pytest
import torch

import nasbook
from nasbook import registry
from nasbook.kit.safetensors import read_weights, write_weights
from nasbook.nas.spaces.blocks import Noise
from nasbook.scale import onnx_file, winner
from nasbook.scale.study_errors import RunError

SMALL: dict[str, dict[str, Any]] = {
    "recurrent-cell": {"length": 3},
    "darts-cells": {"nodes": 3},
    **dict.fromkeys(("robustdarts-s2", "robustdarts-s4"), {"nodes": 2}),
}
SPACES = [entry.name for entry in registry.SPACES if entry.name != "generator"]


def network(space: str) -> tuple[Any, torch.Tensor]:
    """A network of the space, in evaluation mode, and 33 inputs for it."""
    made, rng = registry.make("space", space, **SMALL.get(space, {})), np.random.default_rng(0)
    config = next(c for c in (made.space.sample(rng) for _ in range(100)) if made.is_valid(c))
    return made.build(config).eval(), made.example(33)


@pytest.mark.parametrize("space", SPACES)
def test_a_network_of_every_space_is_exported_and_agrees(space: str, tmp_path: Any) -> None:
    net, x = network(space)
    facts = onnx_file.write(net, x, tmp_path / "model.onnx")
    assert facts["batches"] == [1, 4, 33] and facts["largest_difference"] < 1e-4
    assert facts["onnxruntime_seconds"] > 0 and facts["eager_seconds"] > 0
    if space == "robustdarts-s4":
        assert any(isinstance(layer, Noise) for layer in net.modules())
        assert all(layer.held is None for layer in net.modules() if isinstance(layer, Noise))
        program = torch.export.export(onnx_file.settled(net, x[:1]), (x[:4],))
        assert torch.equal(program.module()(x[:4]), onnx_file.settled(net, x[:1])(x[:4]))


def test_a_network_that_torch_cannot_export_is_one_sentence(tmp_path: Any, capfd: Any) -> None:
    class Reads(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x if x.sum() > 3 else x

    with pytest.raises(RunError, match="torch cannot export this network to ONNX") as caught:
        onnx_file.write(Reads(), torch.ones(33, 2), tmp_path / "model.onnx")
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    assert not (tmp_path / "model.onnx").exists() and capfd.readouterr() == ("", "")


def test_the_winner_leaves_with_onnx_and_int8_and_all_agree(tmp_path: Any) -> None:
    task = registry.make("task", "images", epochs=2, channels=4)
    nasbook.search("random", task, trials=2, out=tmp_path / "t.jsonl")
    made = winner.train(tmp_path / "t.jsonl", tmp_path / "w", seeds=2, onnx=True)
    kept = next(r for r in made.card["training"]["runs"] if r["seed"] == made.card["weights"]["seed"])
    assert made.card["onnx"]["test"] == pytest.approx(kept["test"], abs=2 / made.card["tested"])
    assert abs(made.card["int8"]["test"] - kept["test"]) < 0.1
    assert made.card["int8"]["bytes"] == (tmp_path / "w/model-int8.onnx").stat().st_size
    page = (tmp_path / "w/card.md").read_text()
    assert "trtexec --onnx=model.onnx --minShapes=x:1x1x8x8" in page and "int8: " in page


def test_the_package_safetensors_reads_and_writes_the_same_files(tmp_path: Any) -> None:
    from safetensors.torch import load_file, save_file

    weights = network("nb201-cell")[0].state_dict()
    write_weights(tmp_path / "a.safetensors", weights)
    save_file(weights, tmp_path / "b.safetensors")
    for found in (load_file(tmp_path / "a.safetensors"), read_weights(tmp_path / "b.safetensors")):
        assert found.keys() == weights.keys()
        assert all(torch.equal(found[k], v) and found[k].dtype == v.dtype for k, v in weights.items())
