"""Random search: every configuration is drawn independently and uniformly from the space.

    u ~ U[0, 1]^d,   x = decode(u)

With n draws, the best of them lies in the best fraction q of the space with probability 1 - (1 - q)^n, whatever the
dimension: 59 draws give the best 5 % with 95 %. Only the few axes that matter count, and every draw tries a new value
on each.

Paper: Bergstra & Bengio, Random Search for Hyper-Parameter Optimization, JMLR 2012. Read first: section 2.
"""

from __future__ import annotations

from nasbook.method import Method
from nasbook.space import Config


class RandomSearch(Method):
    name = "random"
    takes_one = True
    several = True
    independent = True

    def propose(self) -> Config:
        return self.space.sample(self.rng)
