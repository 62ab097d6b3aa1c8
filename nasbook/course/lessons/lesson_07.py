"""Lesson 07, population based training: the winner's schedule from the records, and how a copy is changed."""

from __future__ import annotations

import math

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.hpo.parts.schedules import schedule
from nasbook.space import Float, Space
from nasbook.trace import Header, Trace, Trial

SPACE = Space(lr=Float(1e-4, 1.0, log=True))


def a_run(seed: int, members: int = 4, epochs: int = 5) -> Trace:
    """A trace like PBT's, without any training: errors and copies are drawn at random."""
    rng = np.random.default_rng(seed)
    trace, last, rates = Trace(Header("pbt", "digits-mlp", SPACE, seed=seed)), [-1] * members, [0.0] * members
    for epoch in range(1, epochs + 1):
        before = list(last)
        for m in range(members):
            info = {"member": m}
            if epoch == 1:
                rates[m] = float(np.round(10 ** rng.uniform(-3, -1), 5))
            else:
                donor = int(rng.integers(members)) if rng.random() < 0.5 else m
                info["parent"] = before[donor]
                if donor != m:
                    info["copied_from"] = donor
                    rates[m] = float(np.round(trace.trials[before[donor]].config["lr"] * rng.choice([0.8, 1.2]), 6))
            failed = epoch == 2 and m == 1
            value = None if failed else float(np.round(1 / (1 + epoch) + 0.1 * rng.random(), 4))
            status, reason = ("failed", "diverged") if failed else ("done", None)
            trial = Trial(len(trace), {"lr": rates[m]}, float(epoch), info=info)
            trace.started(trial)
            last[m] = trial.id
            trace.ended(
                Trial(trial.id, trial.config, trial.fidelity, info=info, status=status, reason=reason, value=value)
            )
    return trace


def check_schedule(schedule_of: object) -> str | None:
    if not callable(schedule_of):
        return f"schedule_of must be a function, not a {type(schedule_of).__name__}"
    for seed in (*range(5), int(np.random.default_rng().integers(5, 10**6))):
        trace = a_run(seed)
        right = [(stage.epoch, stage.config["lr"]) for stage in schedule(trace)[1]]
        answer = schedule_of(trace.trials)
        try:
            got = [(float(epoch), float(lr)) for epoch, lr in answer]
        except (TypeError, ValueError):
            return f"schedule_of must return a list of pairs (epoch, learning rate), not {answer!r:.80}"
        if got == right:
            continue
        lane = [(t.fidelity, t.config["lr"]) for t in trace.trials if t.info["member"] == trace.best.info["member"]]
        if got == lane[: len(got)] or got == lane:
            return (
                "this is the lane of the best member; but its network may have come from another lane: follow "
                "info['parent'], not info['member']"
            )
        if got == right[::-1]:
            return "these are the right pairs, from the last to the first: begin with the first epoch"
        if got == right[:-1]:
            return "the best trial itself is missing at the end"
        if got == right[1:]:
            return "the first ancestor is missing: go on until a trial has no 'parent'"
        if got and got[-1] != right[-1]:
            early = ": the best of those that were trained longest" if got[-1][0] < right[-1][0] else ""
            return f"the schedule must end with the best trial, {right[-1]}; yours ends with {got[-1]}{early}"
        return f"for the run of seed {seed} the schedule is {right}, not {got}"
    return None


def check_explore(explore: object) -> str | None:
    if not callable(explore):
        return f"explore must be a function, not a {type(explore).__name__}"
    rng = np.random.default_rng(0)
    drawn = [explore(0.01, rng) for _ in range(4000)]
    if any(isinstance(x, bool) or not isinstance(x, int | float | np.floating) for x in drawn):
        return f"explore must return a number, not {drawn[0]!r}"
    new = np.array(drawn, float)
    if np.random.default_rng(0).random() == rng.random():
        return "the generator rng was not used; draw all random numbers from it"
    up, down = np.isclose(new, 0.012), np.isclose(new, 0.008)
    if np.isclose(new, 0.01).any():
        return "0.01 came back unchanged; a copy is always changed"
    anew = ~(up | down)
    if abs(anew.mean() - 0.25) > 0.03:
        return f"a quarter must be drawn anew, but {100 * anew.mean():.0f} % are neither × 1.2 nor × 0.8"
    if abs(up.mean() - down.mean()) > 0.05:
        return f"× 1.2 and × 0.8 must be equally likely; yours come in {100 * up.mean():.0f} % and {100 * down.mean():.0f} %"
    fresh = new[anew]
    if fresh.min() < 1e-4 or fresh.max() > 1:
        return f"a new draw gave {fresh.min():.3g} to {fresh.max():.3g}, outside of [0.0001, 1]"
    if abs((fresh < 0.01).mean() - 0.5) > 0.08:
        return (
            f"{100 * (fresh < 0.01).mean():.0f} % of the new draws lie below 0.01, the middle of a logarithmic range; it "
            "must be half: draw the exponent uniformly from −4 to 0"
        )
    for edge, factor in ((0.95, 1.2), (1.1e-4, 0.8)):
        ends = np.array([explore(edge, rng) for _ in range(200)], float)
        if np.isclose(ends, edge * factor).any():
            return f"{edge:g} × {factor:g} = {edge * factor:.3g} leaves the range [0.0001, 1]; hold it inside"
    if not math.isfinite(new.sum()):
        return "a draw is not finite"
    lr = float(np.random.default_rng().uniform(0.02, 0.3))
    some = np.array([explore(lr, rng) for _ in range(200)], float)
    kept = np.isclose(some, 1.2 * lr) | np.isclose(some, 0.8 * lr)
    return (
        None if kept.mean() > 0.5 else f"{lr:.4f} must become {1.2 * lr:.4f} or {0.8 * lr:.4f} in three cases of four"
    )


def judge_founders(founders: int) -> tuple[int, str]:
    return 2 - level(founders, 4, 8), (
        f"From {founders}. Each round removes three networks for good, and copies of copies spread. It is a tournament over "
        "starts, too."
    )


def judge_constant(best: dict[int, float]) -> tuple[int, str]:
    """Epoch -> the constant learning rate that is best then."""
    which = 0 if best[20] == best[1] else 1 if best[20] < best[1] else 2
    return which, (
        f"{best[1]} after epoch 1, {best[20]} after epoch 20. Large steps are quick at first, and restless later: which "
        "constant is best depends on when you look."
    )


def judge_schedules(difference: float) -> tuple[int, str]:
    """Mean test accuracy of the schedules minus that of the constant, in points."""
    return 2 - level(difference, -1, 1), (
        f"{difference:+.1f} points. The constant was chosen from 30 trainings of its own; each schedule came from the price "
        "of ten."
    )


QUESTIONS = [
    Question(
        "07.q1",
        "Ten networks start with ten learning rates. After every epoch the worst three become copies of the best three. "
        "After 20 epochs, from how many of the ten starts do the ten networks descend?",
        ("8 to 10", "4 to 7", "1 to 3"),
        judge_founders,
    ),
    Question(
        "07.q2",
        "The best of the six constants after epoch 1, and after epoch 20:",
        ("the same", "a smaller one after epoch 20", "a larger one after epoch 20"),
        judge_constant,
    ),
    Question(
        "07.q3",
        "Mean test accuracy of the three schedules, against the best constant learning rate:",
        ("more than a point better", "within a point", "more than a point worse"),
        judge_schedules,
    ),
]

EXERCISES = [
    Exercise(
        name="07.schedule",
        prompt="Write <code>schedule_of(trials)</code>: the schedule of the best trial, as a list of pairs (epoch, learning "
        "rate), the first epoch first. The best has the lowest <code>t.value</code> of those that were trained "
        "longest (None where a training has failed). "
        '<code>t.info["parent"]</code> is the id of the trial whose network it went on with; a first trial has no '
        '"parent". <code>t.fidelity</code> is the epoch, <code>t.config["lr"]</code> the learning rate; trial i is '
        "<code>trials[i]</code>.",
        answer="schedule_of",
        test=check_schedule,
        hints=(
            'Begin with the best, and go from each trial to its parent while there is one: <code>t.info.get("parent")</code>.',
            'Collect (t.fidelity, t.config["lr"]) on the way, and turn the list round at the end.',
        ),
        stub="def schedule_of(trials):\n    return ...",
        solution="def schedule_of(trials):\n    t = min((t for t in trials if t.value is not None), key=lambda t: (-t.fidelity, t.value))\n"
        '    found = [(t.fidelity, t.config["lr"])]\n    while "parent" in t.info:\n        t = trials[t.info["parent"]]\n'
        '        found.append((t.fidelity, t.config["lr"]))\n    return found[::-1]',
        why="The trial's own configuration gives only the last step of this list. nasbook/hpo/parts/schedules.py does the same.",
    ),
    Exercise(
        name="07.explore",
        prompt="Write <code>explore(lr, rng)</code>: what a copied learning rate becomes. With probability ¼ it is drawn anew, "
        "log-uniformly from 0.0001 to 1; otherwise it is multiplied by 1.2 or by 0.8, equally likely, and held inside that "
        "range. <code>rng</code> is a NumPy generator: <code>rng.random()</code>, <code>rng.uniform(a, b)</code>, "
        "<code>rng.choice([...])</code>.",
        answer="explore",
        test=check_explore,
        hints=(
            "A log-uniform number is <code>10 ** rng.uniform(-4, 0)</code>: the exponent is uniform.",
            "<code>min(1.0, max(1e-4, x))</code> holds x inside the range.",
        ),
        stub="def explore(lr, rng):\n    return ...",
        solution="def explore(lr, rng):\n    if rng.random() < 0.25:\n        return 10 ** rng.uniform(-4, 0)\n"
        "    return min(1.0, max(1e-4, lr * rng.choice([1.2, 0.8])))",
        why="Small steps follow a schedule slowly; the new draws are the jumps.",
    ),
]
