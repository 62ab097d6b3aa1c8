"""A place of a supernet: what its gates let through, and what learns by it."""

import pytest
import torch
from torch import nn

from nasbook.nas.spaces.gates import Gate
from nasbook.nas.spaces.place import Place, total


class Times(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = nn.Parameter(torch.tensor(by))

    def forward(self, x):
        return self.by * x


@pytest.fixture
def place():
    return Place({"two": Times(2.0), "none": None, "five": Times(5.0)})


X = torch.tensor([1.0, -3.0])


def test_what_is_added_is_each_operation_times_its_gate(place):
    w = torch.tensor([0.5, 0.2, 0.3])
    terms = place(X, [Gate(op, w[op]) for op in range(3)])
    assert [t.tolist() for t in terms] == [(1.0 * X).tolist(), (1.5 * X).tolist()]  # `none` gives nothing
    assert total(terms).tolist() == (2.5 * X).tolist()
    assert total(place(X, [Gate(2)])).tolist() == (5 * X).tolist()
    assert total(place(X, [Gate(1, w[1])])) is None and total(place(X, [])) is None


def test_what_is_not_in_the_gates_has_no_gradient_and_what_is_not_live_only_its_gate(place):
    c = torch.tensor([0.5, 0.3], requires_grad=True)
    total(place(X, [Gate(0, c[0]), Gate(2, c[1], live=False)])).sum().backward()
    assert place["two"].by.grad == 0.5 * X.sum() and place["five"].by.grad is None
    assert c.grad.tolist() == [2 * X.sum(), 5 * X.sum()]  # ∂/∂c of c · o(x)
