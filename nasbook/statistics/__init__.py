"""How to read several searches: what differs beyond luck, how sure that is, and how many seeds a claim needs.

    intervals.py   the bootstrap of a mean; the probability that A beats B, and how sure that is
    paired.py      Wilcoxon's signed-rank test; Holm's correction over several tests
    ranks.py       average ranks, Friedman's test, Nemenyi's critical difference; Spearman's correlation
    profiles.py    performance profiles
    power.py       how many seeds a difference needs, by simulation from the runs at hand
    honest.py      over-tuning, the winner's curse, nested cross-validation
    fidelities.py  do short trainings rank as long ones do?
    configurations.py  how far apart configurations are, and a map of them
    runs.py        traces -> runs of methods on tasks, paired by their seeds
    compare.py     all of it together: compare(traces); comparison.py: what it says

Values are minimised: lower is better everywhere. Papers: Demšar, Statistical Comparisons of Classifiers over Multiple
Data Sets, JMLR 2006; Dolan & Moré, Benchmarking Optimization Software with Performance Profiles, 2002.
"""

from nasbook.statistics.compare import compare
from nasbook.statistics.comparison import Comparison, Pair
from nasbook.statistics.configurations import distances, scaled
from nasbook.statistics.fidelities import budget_correlation
from nasbook.statistics.honest import nested, nested_cross_validation, overtuning, winners_curse
from nasbook.statistics.intervals import beats, bootstrap, bootstrap_mean
from nasbook.statistics.paired import holm, wilcoxon
from nasbook.statistics.power import power, seeds_needed
from nasbook.statistics.profiles import profile
from nasbook.statistics.ranks import average_ranks, critical_difference, friedman, kendall, rank, spearman
from nasbook.statistics.runs import Runs, grouped

__all__ = [
    "Comparison",
    "Pair",
    "Runs",
    "average_ranks",
    "beats",
    "bootstrap",
    "bootstrap_mean",
    "budget_correlation",
    "compare",
    "critical_difference",
    "distances",
    "friedman",
    "grouped",
    "holm",
    "kendall",
    "nested",
    "nested_cross_validation",
    "overtuning",
    "power",
    "profile",
    "rank",
    "scaled",
    "seeds_needed",
    "spearman",
    "wilcoxon",
    "winners_curse",
]
