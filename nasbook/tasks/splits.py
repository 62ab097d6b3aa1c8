"""Images and labels to learn from, and their split into what trains, what a search sees, and what it never does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbook.tasks import image_files

Split = tuple[np.ndarray, np.ndarray]


def from_file(data: str | Path, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """x, y and how many of the last are a published test split; ValueError names the file and what is wrong with it."""
    path = Path(data)
    if path.suffix != ".npz":
        found = image_files.read(data, size)
        return found.x, found.y, found.published
    try:
        with np.load(path) as file:
            x, y = file["x"], file["y"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path}: an .npz file with arrays x and y is needed ({error})") from None
    if x.ndim not in (2, 3, 4) or y.shape != x.shape[:1] or not np.issubdtype(x.dtype, np.number):
        raise ValueError(
            f"{path}: x must be numbers of shape (n, h, w), (n, c, h, w) or (n, k) and y of shape (n,); "
            f"they have {x.shape} and {y.shape}"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{path}: x holds values that are not finite")
    return x, np.unique(y, return_inverse=True)[1], 0


def split(x: np.ndarray, y: np.ndarray, train: int, published: int = 0) -> dict[str, Split]:
    """A fifth to test, or the `published` last ones; a fifth to validate, the first `train` of the rest to learn from;
    always the same draw."""
    n = len(y) - published
    fifth = n // 5
    held = fifth if published else 2 * fifth
    if not 1 <= train <= n - held or fifth < 1:
        raise ValueError(f"train={train}, but of {len(y)} images {n - held} are left to learn from")
    order = np.random.default_rng(0).permutation(n)
    test = np.arange(n, len(y)) if published else order[:fifth]
    rows = {"test": test, "val": order[held - fifth : held], "train": order[held:][:train]}
    x = x[:, None] if x.ndim == 3 else x
    mean, std = x[rows["train"]].mean(), x[rows["train"]].std() or 1.0
    return {
        k: (((x[rows[k]] - mean) / std).astype(np.float32), y[rows[k]].astype(np.int64))
        for k in ("train", "val", "test")
    }
