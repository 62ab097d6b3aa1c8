"""What a search of generators can be told, and what it shows after each epoch: for autogan.py."""

from __future__ import annotations

from dataclasses import dataclass

from nasbook.kit.checks import setting, whole, within
from nasbook.space import Config, Scalar
from nasbook.views import Kept, equally_long

SHOWN, DRAWS = 16, 256  # images in a view; draws from which it estimates the policy


@dataclass(frozen=True)
class AutoGANSettings:
    """In brackets what the authors' script has for CIFAR-10, where it is another value: its images have 32 pixels a
    side, its shared generator learns for 90 · 15 passes over 50,000 of them, and its controller for 2,700 steps."""

    epochs: int = setting(12, "Rounds of shared training and controller steps, in equal parts for the stages (90).")
    steps: int = setting(60, "Steps of the shared generator and discriminator in a round (15 passes).")
    critic: int = setting(1, "The generator takes a step after so many of the discriminator.")
    batch: int = setting(32, "Images a step (64).")
    lr: float = setting(2e-3, "Rate of Adam for both (2e-4, which is too slow for some hundred steps).")
    channels: int = setting(16, "Of the generator's cells and the discriminator's first layer (256 and 128).")
    latent: int = setting(16, "Numbers of z (128).")
    ctrl_steps: int = setting(20, "Steps of the controller in a round (30).")
    ctrl_batch: int = setting(2, "Architectures a step of the controller (1).")
    ctrl_lr: float = setting(0.005, "Rate of Adam for the controller (3.5e-4, for ten times as many steps).")
    hidden: int = setting(32, "Units of the LSTM (100).")
    entropy: float = setting(0.1, "Weight of the entropy bonus (1e-3, with which a cell is decided within two rounds).")
    decay: float = setting(0.9, "How much of the baseline is kept at a step.")
    images: int = setting(500, "Images of one reward (5,000); with fewer it is too low and jitters.")
    candidates: int = setting(10, "Architectures drawn when a stage grows, and at the end of each round.")
    top: int = setting(5, "How many of them the next stage may begin with.")
    repeats: int = setting(5, "Evaluations of the derived generator, for the mean and its standard error.")
    window: int = setting(200, "Losses in the window of the dynamic reset (500, more than a stage has steps here).")
    threshold: float = setting(1e-3, "Smallest variance in that window of either loss; below it the GAN starts anew.")

    def __post_init__(self) -> None:
        least = {"images": 10, "repeats": 2, "window": 2, "batch": 2}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name in ("entropy", "threshold"):
                within(name, value, 0)
            elif name in ("lr", "ctrl_lr", "decay"):
                within(name, value, 0, 1, above=name != "decay")
            else:
                whole(name, value, least.get(name, 1), 1024 if name in ("channels", "hidden") else 1_000_000)
        if self.top > self.candidates:
            raise ValueError(f"top must be at most candidates = {self.candidates}, not {self.top}")


@dataclass(frozen=True)
class AutoGANView(Kept):
    """After an epoch. Scores are Inception Scores of `images` images each."""

    epoch: int
    epochs: int
    stage: int  # the cell that is searched now; 1 is the first
    stages: int
    names: tuple[str, ...]  # of this stage's decisions
    options: tuple[tuple[Scalar, ...], ...]
    probabilities: tuple[tuple[float, ...], ...]  # P(decision takes option), mean over 256 draws
    entropy: float  # of this stage's decisions, nats
    rewards: tuple[float, ...]  # mean of each controller step of this epoch
    scores: tuple[float, ...]  # of the derived generator, evaluated again and again with new z
    images: int  # in each of these scores
    cell: Config  # the derived generator, the decided cells alone
    prefixes: tuple[Config, ...]  # what this stage's generators may begin with; one of nothing in the first
    pictures: tuple[tuple[int, ...], ...]  # images of the derived generator, row by row, 0 … 16
    resets: int  # of the GAN, so far
    d_loss: float | None = None  # means over the steps; None where not finite
    g_loss: float | None = None

    def __post_init__(self) -> None:
        equally_long(self, "names", "options", "probabilities")
        if self.stage not in (1, 2, 3):
            raise ValueError(f"stage must be 1, 2 or 3, not {self.stage!r}")
        if [len(row) for row in self.options] != [len(row) for row in self.probabilities]:
            raise ValueError("each row of probabilities must have one for each option")
        if not self.scores or {len(picture) for picture in self.pictures} != {self.side**2}:
            raise ValueError(f"scores must not be empty, and pictures of stage {self.stage} have {self.side**2} pixels")

    @property
    def side(self) -> int:
        """Pixels a side of this stage's images."""
        return 2 ** (self.stage + 1)

    @property
    def score(self) -> float:
        return sum(self.scores) / len(self.scores)

    @property
    def error(self) -> float:
        """Standard error of the mean score: new images, the same generator."""
        n, mean = len(self.scores), self.score
        return (sum((x - mean) ** 2 for x in self.scores) / max(1, n - 1) / n) ** 0.5
