"""Peak bytes of tensors, counted by hand."""

import torch

from nasbook.kit.memory import peak_bytes


def test_peak_bytes_of_tensors_counted_by_hand():
    old = torch.zeros(1000, dtype=torch.float64)

    def compute():
        a = old + 1  # 8,000 bytes
        b = a.reshape(10, 100)[2:]  # a view
        c = torch.cat([old, old])  # 16,000 more
        del a, b
        d = old + 2  # 8,000, after 8,000 have been freed
        return c, d

    assert peak_bytes(compute) == 24_000
    assert peak_bytes(lambda: old.reshape(10, 100)) == 0
