"""Explain what a search found: a configuration, the way to it, and the network behind it.

nasbook.explain.explain(trace)              Shapley values of the best configuration (attribution.py)
nasbook.explain.across([trace, …])          a game over several data sets, one trace of each (several.py)
nasbook.explain.path(trace, ...)            one parameter at a time, the one that helps most first (path.py)
nasbook.explain.dependence(trace, "lr")     the value along one parameter (dependence.py)
nasbook.explain.network                     what a network looks at (network.py; needs torch)
"""

from __future__ import annotations

from nasbook.explain.attribution import Attribution, explain
from nasbook.explain.games import GAMES
from nasbook.explain.several import OVER, Across, across

__all__ = ["GAMES", "OVER", "Across", "Attribution", "across", "explain"]
