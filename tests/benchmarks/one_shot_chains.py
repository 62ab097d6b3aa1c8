"""How well a supernet of chains ranks them: scarlet with its stabilizer, and with plain skips, over seeds.

    python tests/benchmarks/one_shot_chains.py [--seeds 5] [--epochs 33]

All 81 chains of `digits-block-chain` were trained alone (nasbook/data/block_chain.csv). For each seed, the supernet is
trained with strictly fair paths and every chain is judged by its path, batch norms recalibrated. Printed: Kendall's τ
of the loss and of the accuracy with the truth (the mean of its seeds), the training loss of the last epoch, and the
recalibrated accuracy by depth. Beside it what bounds a τ, how well two halves of the truth's own seeds agree, and what
costs nothing: the τ of the number of blocks.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from scipy.stats import kendalltau  # noqa: E402

import nasbook  # noqa: E402
from nasbook.data.make.block_chain import CHAINS, truths  # noqa: E402
from nasbook.kit.threads import one_thread  # noqa: E402
from nasbook.nas.parts.single_path import evaluate_path  # noqa: E402
from nasbook.tasks.architectures import Networks  # noqa: E402

DEPTH = np.array([4 - chain.count("0") for chain in CHAINS])


@one_thread()
def judged(skip: str, seed: int, epochs: int) -> dict[str, np.ndarray]:
    """Of a trained supernet: (loss, error) of every chain, and the training loss of its last epoch."""
    task = Networks("block-chain", device="cpu")
    method = nasbook.method("scarlet", task.space, seed=seed, skip=skip, rounds=0, looks=1, epochs=epochs, device="cpu")
    views = [view for _, view in method.run(task)]
    train, val = method.images
    paths = [tuple(map(int, chain)) for chain in CHAINS]
    loss, error = np.array([evaluate_path(method.net, path, val, train) for path in paths]).T
    return {"loss": loss, "error": error, "training": np.array(views[-1].train_loss)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=33)
    args = parser.parse_args()
    tau = lambda a, b: float(kendalltau(a, b)[0])  # noqa: E731
    found = truths()
    alone = np.array([found[chain] for chain in CHAINS])
    truth, halves = alone.mean(1), [alone[:, ::2].mean(1), alone[:, 1::2].mean(1)]
    print(f"τ of two halves of the seeds of the truth {tau(*halves):.2f}, of the depth {tau(DEPTH, truth):.2f};")
    print(
        f"s.d. between chains {truth.std():.3f}, of the seeds of one {alone.std(1).mean():.3f}; alone, by depth 0 … 4:"
    )
    print(by_depth(truth))
    for skip in ("linear", "identity"):
        rows = []
        for seed in range(args.seeds):
            one = judged(skip, seed, args.epochs)
            deep = DEPTH == 4  # the order among those of one depth
            rows.append(
                [
                    tau(-one["loss"], truth),
                    tau(-one["error"], truth),
                    tau(-one["loss"][deep], truth[deep]),
                    float(one["training"]),
                ]
            )
            print(f"{skip:8} seed {seed}: {said(rows[-1])}, accuracy by depth {by_depth(1 - one['error'])}", flush=True)
        print(f"{skip:8} mean of {len(rows)}: {said(np.mean(rows, 0))}; s.d. {said(np.std(rows, 0))}")


def by_depth(values: np.ndarray) -> str:
    return " ".join(f"{values[d == DEPTH].mean():.3f}" for d in range(5))


def said(row: np.ndarray | list[float]) -> str:
    return f"τ(−loss) {row[0]:.2f}, τ(accuracy) {row[1]:.2f}, at full depth {row[2]:.2f}, training loss {row[3]:.2f}"


if __name__ == "__main__":
    main()
