"""Wrong answers to the exercises of lesson 08 are told what is wrong with them."""

import pytest

import nasbook

FORWARD = nasbook.exercise("08.forward").solution
TERMS = nasbook.exercise("08.terms").solution
WRONG = [
    ("08.forward", FORWARD.replace("    return (", "    return -("), "the sign is wrong"),
    ("08.forward", FORWARD.replace(" + lam * z + w)", " + lam * z)"), "w before the step"),
    ("08.forward", FORWARD.replace("X.T @ (X @ z) / len(y) + lam * z + w", "X.T @ (X @ z) / len(y) + w"), "H = XᵀX/n"),
    (
        "08.forward",
        FORWARD.replace("(V.T @ (V @ w - t) / len(t)) @ z", "z"),
        r"one number, not an array of shape \(4,\)",
    ),
    ("08.forward", FORWARD.replace("    w, z", "    X *= 2\n    w, z"), "have been changed"),
    ("08.forward", "def hypergradient(X, y, V, t, eta, lam, T):\n    return 0.0", "central differences give"),
    ("08.terms", TERMS.replace("math.ceil", "math.floor"), "still too much"),
    ("08.terms", TERMS.replace("math.ceil", "1 + math.ceil"), "fewer are enough"),
    ("08.terms", TERMS.replace("abs(1 - eta * mu)", "1 - eta * mu"), "still too much"),
    (
        "08.terms",
        TERMS.replace("math.ceil(math.log(error) / math.log(q))", "math.log(error) / math.log(q)"),
        "whole number",
    ),
    ("08.terms", TERMS.replace("None if q >= 1", "10**6 if q >= 1"), "no number of terms is enough"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
