"""Stopped trials, and what they saved."""

from __future__ import annotations

from plots.test_every_method import searched


def test_stopped_trials_and_what_they_saved():
    trace = searched("median-stopping")
    stopped = [t for t in trace.trials if t.status == "pruned"]
    spent, full = sum(t.curve[-1][0] for t in trace.trials), 27 * len(trace)
    assert stopped and f"{len(stopped)} of 12 trials stopped" in trace.plot("stopping").sentence
    assert f"saved {100 * (1 - spent / full):.0f} % of the epochs" in trace.plot("stopping").sentence
