"""Wrong answers to the exercises of lesson 17 are told what is wrong with them."""

import pytest

SEARCH = "def warm(source, target, n, seed):\n    return nasbook.search('regularized-evolution', target, trials=30, seed=seed"
LOSS = "import numpy as np\ndef weight(f, g, y, b):\n    def loss(p, s):\n        return ((p[s][:, None] < p[s]) != (y[s][:, None] < y[s])).sum()\n"
STEP = "import numpy as np\ndef reptile_step(phi, gradients, lr, k, epsilon):\n    ends = []\n    for f in gradients:\n        p = phi.copy()\n"
STEP += "        for _ in range(k):\n            p = p - lr * f(p)\n        ends.append(p)\n"
WRONG = [
    ("17.warm", SEARCH + ")", "none of them is tried"),
    ("17.warm", SEARCH + ", first=[t.config for t in source.trials[:n]])", "the source's first trials"),
    ("17.warm", SEARCH + ", first=[t.config for t in sorted(source.trials, key=lambda t: -t.value)[:n]])", "its worst ones"),
    ("17.warm", SEARCH + ", first=source.top(10))", "a fifth configuration"),
    ("17.warm", SEARCH.replace("=seed", "=0") + ", first=source.top(n))", "the seed that is given"),
    ("17.warm", SEARCH.replace("', target,", "', 'digits201-digits',") + ", first=source.top(n))", "must be on the target"),
    ("17.warm", SEARCH + ", first=source.top(n)).best", "must return the trace"),
    ("17.weight", LOSS + "    return np.mean([loss(g, s) < loss(f, s) for s in b])", "how often the target wins"),
    ("17.weight", LOSS + "    return np.mean([loss(f, s) <= loss(g, s) for s in b])", "a tie goes to the target"),
    ("17.weight", LOSS + "    return float(loss(f, range(len(y))) < loss(g, range(len(y))))", "in each sample of b"),
    ("17.weight", "import numpy as np\ndef weight(f, g, y, b):\n"
     "    return np.mean([((f - y)[s] ** 2).sum() < ((g - y)[s] ** 2).sum() for s in b])", "wins .* of the samples"),
    ("17.weight", LOSS + "    return [loss(f, s) < loss(g, s) for s in b]", "a number from 0 to 1"),
    ("17.reptile", STEP + "    return phi + epsilon * sum(p - phi for p in ends)", "the mean of the two differences"),
    ("17.reptile", STEP + "    return np.mean(ends, axis=0)", "a step of SGD with the rate"),
    ("17.reptile", STEP.replace("phi.copy()", "phi").replace("p = p -", "p -=") + "    return ends[0]", "has been changed"),
    ("17.reptile", "def reptile_step(phi, g, lr, k, e):\n    return phi - e * lr * sum(f(phi) for f in g) / len(g)", "k inner steps"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
