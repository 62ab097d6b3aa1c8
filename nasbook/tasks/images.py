"""Three related tasks of 8×8 pictures, made from scikit-learn's digits and from nothing: no download, always the same.

    digits()    1,797 handwritten digits
    messy()     the same digits turned, shifted, zoomed and noisy
    textures()  gratings: 5 orientations × 2 wavelengths, with noise

Each returns {"train": (x, y), "val": (x, y), "test": (x, y)} with images x (n, 8, 8), float32, standardised over the
whole task, and labels y (n,), int64 in 0 … 9. The seeds are part of the data: the bundled tables were trained on
exactly these.
"""

from __future__ import annotations

import numpy as np

from nasbook.tasks import bundled

Split = tuple[np.ndarray, np.ndarray]
Splits = dict[str, Split]


def digits(train: int = 300, val: int = 300, test: int = 1197) -> Splits:
    """Handwritten digits; `train` may be at most 1797 − val − test."""
    x, y = _shuffled_digits()
    room = len(y) - val - test
    if not 1 <= train <= room:
        raise ValueError(f"digits: train must be from 1 to {room} with val={val} and test={test}, not {train}")
    keep = np.r_[0:train, room : len(y)]
    return _splits(x[keep], y[keep], (train, val, test))


def messy(train: int = 1000, val: int = 500, test: int = 2000, seed: int = 1) -> Splits:
    """Digits turned by up to 25°, shifted by up to a pixel, zoomed by up to 10 %, with noise of 0.1.

    The splits share no source image."""
    from scipy.ndimage import affine_transform  # dear, and digits as they are need none

    x, y = _shuffled_digits()
    rng = np.random.default_rng(seed)
    pools = np.split(np.arange(len(y)), [900, 1200])
    sizes = (train, val, test)
    source = np.concatenate([rng.choice(p, k, replace=k > len(p)) for p, k in zip(pools, sizes, strict=True)])
    out = np.empty((len(source), 8, 8))
    centre = np.array([3.5, 3.5])
    for i, j in enumerate(source):
        angle, zoom = np.deg2rad(rng.uniform(-25, 25)), 1 + rng.uniform(-0.1, 0.1)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
        out[i] = affine_transform(x[j], turn, centre - turn @ (centre + rng.uniform(-1, 1, 2)), order=1)
    out += 0.1 * rng.standard_normal(out.shape)
    return _splits(out, y[source], sizes)


def textures(train: int = 600, val: int = 500, test: int = 2000, seed: int = 2) -> Splits:
    """Gratings of 5 orientations and 2 wavelengths; phase, contrast and noise vary."""
    rng = np.random.default_rng(seed)
    n = train + val + test
    y = rng.integers(0, 10, n)
    angle = np.pi * (y % 5) / 5 + rng.normal(0, 0.08, n)
    wavelength = np.where(y < 5, 3.0, 5.0) * np.exp(rng.normal(0, 0.06, n))
    row, column = np.mgrid[0:8, 0:8]
    along = column * np.cos(angle)[:, None, None] + row * np.sin(angle)[:, None, None]
    phase = rng.uniform(0, 2 * np.pi, n)[:, None, None]
    x = np.sin(along * (2 * np.pi / wavelength)[:, None, None] + phase) * rng.uniform(0.6, 1.4, n)[:, None, None]
    x += rng.standard_normal(x.shape)
    return _splits(x, y, (train, val, test))


DATA = {"digits": digits, "messy": messy, "textures": textures}


def _shuffled_digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = bundled.digits()
    order = np.random.default_rng(0).permutation(len(y))
    return x[order] / 16.0, y[order]


def _splits(x: np.ndarray, y: np.ndarray, sizes: tuple[int, int, int]) -> Splits:
    x = (x - x.mean()) / x.std()
    ends = np.cumsum((0, *sizes))
    parts = ((x[a:b].astype(np.float32), y[a:b].astype(np.int64)) for a, b in zip(ends, ends[1:], strict=False))
    return dict(zip(("train", "val", "test"), parts, strict=True))
