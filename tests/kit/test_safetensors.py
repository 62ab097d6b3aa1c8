"""Weights go into a file and come back; tests/peers asks the package safetensors, too."""

import torch

from nasbook.kit.safetensors import DTYPES, read_weights, write_weights


def test_every_kind_of_tensor_comes_back(tmp_path):
    tensors = {name: torch.arange(7).to(kind).reshape(7, 1)[:, :1] for name, kind in DTYPES.items()}
    tensors |= {"number": torch.tensor(3), "empty": torch.zeros(0, 4), "turned": torch.randn(3, 5).T}
    write_weights(tmp_path / "w.safetensors", tensors)
    found = read_weights(tmp_path / "w.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name
