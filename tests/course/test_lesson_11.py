"""Wrong answers to the exercises of lesson 11 are told what is wrong with them."""

import pytest

HEAD = "import numpy as np\ndef policy_gradient(theta, a, R, b):\n    p = np.exp(theta) / np.exp(theta).sum(1, keepdims=True)\n"
WRONG = [
    ("11.gradient", HEAD + "    return ((R - b)[:, None, None] * np.eye(3)[a]).mean(0)", "you have left out p"),
    ("11.gradient", HEAD + "    return -((R - b)[:, None, None] * (np.eye(3)[a] - p)).mean(0)", "That is its negative"),
    ("11.gradient", HEAD + "    return (R[:, None, None] * (np.eye(3)[a] - p)).mean(0)", "the baseline is not used"),
    ("11.gradient", HEAD + "    return ((R + b)[:, None, None] * (np.eye(3)[a] - p)).mean(0)", "b is subtracted, not added"),
    ("11.gradient", HEAD + "    return (R[:, None, None] * (np.eye(3)[a] - p)).mean(0) - b", "only subtracted from the reward"),
    ("11.gradient", HEAD + "    return ((R - b)[:, None, None] * (np.eye(3)[a] - p)).sum(0)", "the mean of their two estimates"),
    ("11.gradient", HEAD + "    return ((R - b)[:, None, None] * (np.eye(3)[a] - p))", r"shape \(2, 3\), not \(1, 2, 3\)"),
    ("11.gradient", "import numpy as np\ndef policy_gradient(theta, a, R, b):\n    p = np.exp(theta) / np.exp(theta).sum()\n"
     "    return ((R - b)[:, None, None] * (np.eye(3)[a] - p)).mean(0)", "by finite differences"),
    ("11.clip", "import numpy as np\ndef surrogate(r, A, eps):\n    return np.clip(r, 1 - eps, 1 + eps) * A", "must still be pushed back"),
    ("11.clip", "import numpy as np\ndef surrogate(r, A, eps):\n    return np.maximum(r * A, np.clip(r, 1 - eps, 1 + eps) * A)",
     "no more than"),
    ("11.clip", "def surrogate(r, A, eps):\n    return r * A", "no more than"),
    ("11.clip", "import numpy as np\ndef surrogate(r, A, eps):\n    return np.minimum(r, 1 + eps) * A", "less likely already"),
    ("11.clip", "import numpy as np\ndef surrogate(r, A, eps):\n"
     "    return np.minimum(r * A, np.clip(r, 1 - eps, 1 + eps) * A).mean()", "one number each"),
    ("11.clip", "import numpy as np\ndef surrogate(r, A, eps):\n    return np.minimum(r * A, np.clip(r, 0.8, 1.2) * A)", "the ε that is given"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
