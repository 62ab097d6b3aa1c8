"""The table of chains that were trained alone: complete, and what a training gives again."""

import csv

import pytest

from nasbook.data.make.block_chain import CHAINS, FILE, SEEDS, TEST, VAL, missing, trained, truths


def test_every_chain_was_trained_with_every_seed():
    assert not list(missing(FILE)) and len(CHAINS) == 81
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({(r["chain"], r["seed"]) for r in rows}) == 81 * SEEDS
    found = truths()
    assert set(found) == set(CHAINS) and all(len(accuracies) == SEEDS for accuracies in found.values())
    assert all(0.4 < a < 1 for accuracies in found.values() for a in accuracies)


@pytest.mark.parametrize(("chain", "seed"), [("0000", 1), ("2110", 4)])
def test_a_training_gives_its_row_again(chain, seed):
    """Another processor may round otherwise, so nearly; the all-skip chain, for one, lies far below the others."""
    with FILE.open(newline="") as file:
        (row,) = [r for r in csv.DictReader(file) if (r["chain"], r["seed"]) == (chain, str(seed))]
    val, test, loss = trained(chain, seed)
    assert abs(test - int(row["test"])) <= 0.03 * TEST
    assert abs(val - int(row["val"])) <= 0.05 * VAL
    assert loss == pytest.approx(float(row["val_loss"]), rel=0.15)
