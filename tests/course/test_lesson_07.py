"""Wrong answers to the exercises of lesson 07 are told what is wrong with them."""

import pytest

LONGEST = "min((t for t in trials if t.value is not None), key=lambda t: (-t.fidelity, t.value))"
BEST = f"def schedule_of(trials):\n    best = {LONGEST}\n"
WALK = BEST + (
    "    out, t = [], best\n    while t is not None:\n        out.append((t.fidelity, t.config['lr']))\n"
    "        t = trials[t.info['parent']] if 'parent' in t.info else None\n"
)
FRESH = "def explore(lr, rng):\n    if rng.random() < 0.25:\n        return 10 ** rng.uniform(-4, 0)\n"
WRONG = [
    ("07.schedule", BEST + "    return [(t.fidelity, t.config['lr']) for t in trials"
     " if t.info['member'] == best.info['member'] and t.fidelity <= best.fidelity]", "follow info\\['parent'\\]"),
    ("07.schedule", WALK + "    return out", "from the last to the first"),
    ("07.schedule", WALK + "    return out[:0:-1]", "best trial itself is missing"),
    ("07.schedule", WALK + "    return out[-2::-1]", "first ancestor is missing"),
    ("07.schedule", WALK.replace(LONGEST, "trials[-1]") + "    return out[::-1]", "must end with the best trial"),
    ("07.schedule", WALK.replace("(-t.fidelity, t.value)", "t.value") + "    return out[::-1]", "trained longest"),
    ("07.schedule", BEST + "    return best.config['lr']", "list of pairs"),
    ("07.schedule", "def schedule_of(trials):\n    return min(trials, key=lambda t: t.value)", "TypeError"),
    ("07.explore", FRESH + "    return lr * rng.choice([1.2, 0.8])", "leaves the range"),
    ("07.explore", FRESH + "    return min(1.0, max(1e-4, lr * 1.2))", "equally likely"),
    ("07.explore", "def explore(lr, rng):\n    return lr * rng.choice([1.2, 0.8])", "a quarter must be drawn anew"),
    ("07.explore", FRESH.replace("10 ** rng.uniform(-4, 0)", "rng.uniform(1e-4, 1)")
     + "    return min(1.0, max(1e-4, lr * rng.choice([1.2, 0.8])))", "logarithmic range"),
    ("07.explore", FRESH + "    return min(1.0, max(1e-4, lr * rng.choice([1.2, 1.0, 0.8])))", "unchanged"),
    ("07.explore", "import random\ndef explore(lr, rng):\n    if random.random() < 0.25:\n"
     "        return 10 ** random.uniform(-4, 0)\n    return min(1.0, max(1e-4, lr * random.choice([1.2, 0.8])))",
     "rng was not used"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
