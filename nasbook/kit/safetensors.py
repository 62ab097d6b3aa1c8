"""Weights in a file that no code can hide in: the format safetensors, written and read with torch alone.

    8 bytes: n, the length of the head;  n bytes of JSON: {name: {"dtype", "shape", "data_offsets": [begin, end]}, …};
    the numbers, one tensor behind the other

The package `safetensors` reads and writes the same files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file, by their names."""
    raw = bytearray(Path(path).read_bytes())
    start = 8 + int.from_bytes(raw[:8], "little")
    head, found = json.loads(raw[8:start]), {}
    for name in head.keys() - {"__metadata__"}:
        row = head[name]
        part = raw[start + row["data_offsets"][0] : start + row["data_offsets"][1]]
        kind = DTYPES[row["dtype"]]
        flat = torch.frombuffer(part, dtype=kind) if part else torch.empty(0, dtype=kind)
        found[name] = flat.reshape(row["shape"])
    return found


def write_weights(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Keep these tensors under their names; the widest numbers come first, so that all lie at whole multiples."""
    head, parts, end = {}, [], 0
    kinds = {kind: name for name, kind in DTYPES.items()}
    for name, tensor in sorted(tensors.items(), key=lambda kv: (-kv[1].element_size(), kv[0])):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        parts.append(flat.view(torch.uint8).numpy().tobytes())
        begin, end = end, end + len(parts[-1])
        head[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))
