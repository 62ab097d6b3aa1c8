"""What a search or a run has found, in words or as JSON."""

from __future__ import annotations

from pathlib import Path

from nasbook.cli.words import fail, print_json, short
from nasbook.hpo.parts.pareto import best_trials
from nasbook.trace import Trace


def report(trace: Trace, seconds: float, out: Path | None, as_json: bool) -> int:
    """What a search has found; exit code 1 if nothing succeeded."""
    best = trace.incumbent
    failed = [t for t in trace.trials if t.status == "failed"]
    front = sorted(best_trials(trace.trials), key=lambda t: t.values or ())
    if as_json:
        print_json(
            {
                "method": trace.header.method,
                "task": trace.header.task,
                "seed": trace.header.seed,
                "best_value": None if best is None else best.value,
                "best_config": None if best is None else best.config,
                "best_trial": None if best is None else best.id,
                **(
                    {"front": [{"trial": t.id, "values": t.values, "config": t.config} for t in front]} if front else {}
                ),
                "trials": len(trace),
                "failed": len(failed),
                "seconds": round(seconds, 3),
                "digest": trace.digest,
                "trace": None if out is None else str(out),
            }
        )
    elif best is not None:
        bad = f", {len(failed)} failed" if failed else ""
        many = f"{len(trace)} trial{'' if len(trace) == 1 else 's'}"
        if front:
            print(f"{len(front)} of {many} {'is' if len(front) == 1 else 'are'} on the front{bad}, {seconds:.3g} s")
            for t in front:
                print(f"  trial {t.id}: {', '.join(f'{v:.6g}' for v in t.values or ())}")
        else:
            print(f"Best value {best.value:.8g}, trial {best.id} of {many}{bad}, {seconds:.3g} s")
            print("  " + "  ".join(f"{k} = {short(v)}" for k, v in best.config.items()))
        if out is not None:
            kind = '"pareto"' if front else ""
            print(f"Trace: {out}")
            print(f'Draw it: nasbook.Trace.load("{out}").plot({kind})')
    if best is None and not trace.interrupted:
        first = f": {failed[0].reason}" if failed else ""
        return fail(
            f"none of {len(trace)} trials succeeded; the first failure{first}"
            if failed
            else f"none of {len(trace)} trials succeeded",
            1,
        )
    return 0
