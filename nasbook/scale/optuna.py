"""Between Optuna's studies and traces: see what you have with nasbook's pictures, and take a trace along to Optuna.

    trace = from_optuna(study)                    study = to_optuna(trace)
    trace.plot("importance")                      optuna.visualization.plot_slice(study)

    Optuna                                        nasbook
    FloatDistribution, IntDistribution            Float, Int, with the same log and step
    CategoricalDistribution                       Choice; with a single option, Constant
    a parameter that only some trials have        the same with `when`, if one other parameter explains it
    COMPLETE, PRUNED, FAIL, RUNNING               done, pruned, failed, still running; WAITING is left out
    intermediate values                           curve
    a direction "maximize"                        the value times -1; the header's provenance says so
    user attributes                               metrics

`to_optuna` keeps the header and what Optuna has no place for in user attributes named "nasbook", so that a trace that
comes back is the same. Optuna is imported when it is needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from nasbook.space import Choice, Config, Constant, Float, Int, Json, Parameter, Scalar, Space
from nasbook.trace import Header, Trace, Trial
from nasbook.trial import plain

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

    Distribution: TypeAlias = FloatDistribution | IntDistribution | CategoricalDistribution

KEY = "nasbook"  # of the user attributes
STATES = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}
KEPT = ("worker", "fidelity", "cost", "info", "reason", "value", "start", "end")  # Optuna has no place for them


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        raise ImportError("Optuna is not installed here; install it with: pip install optuna") from None
    return optuna


def needs_optuna() -> None:
    """ValueError where Optuna is not installed."""
    if find_spec("optuna") is None:
        raise ValueError("Optuna is not installed here; install it with: pip install 'nasbook[scale]'")


# ---- from Optuna -----------------------------------------------------------------------------------------------------


def from_optuna(study: optuna.Study, *, space: Space | None = None) -> Trace:
    """The trace of an optuna.Study. ImportError without Optuna; ValueError, in a sentence, for what has no counterpart.

    space: where parameters depend on each other in a way that cannot be read off the trials. Trials that lack
    parameters, because they failed before they had them all, are left out, and counted in the provenance."""
    optuna = _optuna()
    if not isinstance(study, optuna.Study):
        raise ValueError(f"from_optuna needs an optuna.Study, such as optuna.load_study(…) returns, not {study!r:.60}")
    everything = study.get_trials(deepcopy=False)
    again = {n for t in everything for n in t.system_attrs.get("retry_history", [])}  # a later trial is the same one
    frozen = [t for t in everything if t.state.name in STATES and t.number not in again]
    header = _header(study)
    tried = [t for t in frozen if t.params or t.state.name != "FAIL"]
    if space is None and header is not None and all(_config(t, header.space) is not None for t in tried):
        space = header.space
    space = space or _space(frozen)
    signs = [-1.0 if d.name == "MAXIMIZE" else 1.0 for d in study.directions]
    with_config = [(t, c) for t in frozen if (c := _config(t, space)) is not None]
    # Ids count trials in the order of their starts.
    with_config.sort(key=lambda tc: (tc[0].datetime_start or datetime.max, tc[0].number))
    zero = min((_beginning(t, t.datetime_start) for t, _ in with_config if t.datetime_start), default=None)
    trials = [_trial(i, t, config, signs, zero) for i, (t, config) in enumerate(with_config)]
    workers = _workers(trials, [_kept(t).get("worker") for t, _ in with_config])
    provenance = {**(header.provenance if header else {}), **_provenance(study, signs, len(frozen) - len(trials))}
    if header is None:
        header = Header("optuna", study.study_name, space, workers=1 + max(workers, default=0))
    fields = {"space": space, "provenance": provenance}
    trace = Trace(Header(**{**{k: getattr(header, k) for k in header.__dataclass_fields__}, **fields}))
    _replay(trace, [Trial(**{**vars(t), "worker": w}) for t, w in zip(trials, workers, strict=True)])
    return trace


def _provenance(study: optuna.Study, signs: Sequence[float], left_out: int) -> Json:
    found: Json = {"source": "optuna", "study": study.study_name}
    if -1.0 in signs:
        found["maximised"] = [k for k, s in enumerate(signs) if s < 0]
        names = " and ".join(f"objective {k + 1}" for k in found["maximised"])
        found["note"] = f"Optuna maximised {names}; the values here are times -1, because a trace is minimised"
    if left_out:
        found["left_out"] = left_out
    return found


def _header(study: optuna.Study) -> Header | None:
    """The header that `to_optuna` left; None where the study did not come from a trace."""
    if not (kept := study.user_attrs.get(KEY)):
        return None
    try:
        if not isinstance(kept, dict):
            raise ValueError(f"it must be a dict, not {kept!r:.40}")
        return Header.from_dict(kept)
    except ValueError as error:
        raise ValueError(f"from_optuna: the user attribute {KEY!r} of the study is damaged: {error}") from None


def _kept(t: FrozenTrial) -> Json:
    """What `to_optuna` left at a trial; ValueError, with the trial's number, for what it never wrote."""
    kept = t.user_attrs.get(KEY, {})
    try:
        if not isinstance(kept, dict):
            raise ValueError(f"it must be a dict, not {kept!r:.40}")
        known = {k: v for k, v in kept.items() if k in (*KEPT, "status", "curve") and (v is not None or k != "worker")}
        Trial.from_dict({"id": 0, "config": {}, **known})
        if isinstance(v := kept.get("value"), bool) or not isinstance(v, int | float | None):
            raise ValueError(f"value must be a number or null, not {v!r:.40}")
    except ValueError as error:
        raise ValueError(
            f"from_optuna: the user attribute {KEY!r} of Optuna's trial {t.number} is damaged: {error}"
        ) from None
    return kept


def _trial(i: int, t: FrozenTrial, config: Config, signs: Sequence[float], zero: datetime | None) -> Trial:
    kept = _kept(t)
    status, reason = kept.get("status", STATES[t.state.name]), None
    values = None if t.values is None else tuple(s * float(v) for s, v in zip(signs, t.values, strict=True))
    curve = tuple((float(k), _finite(signs[0] * v)) for k, v in sorted(t.intermediate_values.items()))
    start = 0.0 if zero is None or t.datetime_start is None else (t.datetime_start - zero).total_seconds()
    end = None if zero is None or t.datetime_complete is None else (t.datetime_complete - zero).total_seconds()
    if "start" in kept:
        start, end = kept["start"], kept.get("end")
    if "curve" in kept:
        curve = tuple((f, v) for f, v in kept["curve"])
    if values is not None and not all(map(math.isfinite, values)):
        values, status, reason = None, "failed", f"its value was {t.values}"
    if status == "failed":
        values, reason = None, kept.get("reason") or reason or "it failed in Optuna"
    elif status == "pruned":
        reason = kept.get("reason") or "it was pruned in Optuna"
    several = values is not None and len(values) > 1
    value = values[0] if values else kept.get("value")
    return Trial(
        i,
        config,
        status=status,
        value=value,
        values=values if several else None,
        curve=curve,
        reason=reason,
        metrics={k: _plain(v) for k, v in t.user_attrs.items() if k != KEY},
        fidelity=kept.get("fidelity"),
        cost=kept.get("cost", None if end is None else end - start),
        info=kept.get("info", {}),
        start=start,
        end=end,
    )


def _beginning(t: FrozenTrial, start: datetime) -> datetime:
    """When the search began, as far as this trial knows: at its start, or earlier if it came from a trace."""
    seconds = _kept(t).get("start", 0.0)
    try:
        return start - timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(
            f"from_optuna: the user attribute {KEY!r} of Optuna's trial {t.number} is damaged: start is {seconds!r:.40}"
        ) from None


def _replay(trace: Trace, trials: Sequence[Trial]) -> None:
    """Starts and ends in the order in which they happened; of what happened at once, ends come first."""
    asks = [(t.start, 1, t.id, t) for t in trials]
    tells = [(t.start if t.end is None else t.end, 2 if t.end in (None, t.start) else 0, t.id, t) for t in trials]
    ended = {t.id for t in trials if t.status != "running"}
    for _, kind, i, t in sorted(asks + [e for e in tells if e[2] in ended], key=lambda e: e[:3]):
        if kind == 1:
            trace.started(Trial(i, t.config, t.fidelity, info=t.info, worker=t.worker, start=t.start))
        else:
            trace.ended(t)


def _workers(trials: Sequence[Trial], known: Sequence[int | None]) -> list[int]:
    """A worker for each trial: the known one, or the first that is free when the trial starts."""
    if all(w is not None for w in known):
        return [int(w) for w in known]  # type: ignore[arg-type]
    free_at: list[float] = []
    found = []
    for t in trials:
        w = next((k for k, free in enumerate(free_at) if free <= t.start), len(free_at))
        free_at[w : w + 1] = [math.inf if t.end is None else t.end]
        found.append(w)
    return found


def _config(t: FrozenTrial, space: Space) -> Config | None:
    """The trial's configuration in this space; None if it is not one."""
    config = {}
    for name, value in t.params.items():
        p = space.parameters.get(name)
        value = _scalar(value)
        if isinstance(p, Choice) and value not in p.options and isinstance(value, float):
            near = [o for o in p.options if isinstance(o, float | int) and math.isclose(o, value, abs_tol=1e-12)]
            value = near[0] if near else value  # a level of a step: 0.30000000000000004
        config[name] = value
    try:
        return space.validate(config)
    except ValueError:
        return None


def _space(trials: Sequence[FrozenTrial]) -> Space:
    """Every parameter of the trials with its widest range; `when` where one other parameter explains who has it."""
    complete = [t for t in trials if t.state.name == "COMPLETE"] or list(trials)
    seen: dict[str, list[BaseDistribution]] = {}
    for t in complete:
        for name, d in t.distributions.items():
            seen.setdefault(name, []).append(d)
    if not seen:
        raise ValueError("from_optuna: no trial of this study has parameters, so there is no space to speak of")
    always = [n for n in seen if len(seen[n]) == len(complete)]
    parameters: dict[str, Parameter] = {n: _parameter(n, seen[n]) for n in always}
    for name in (n for n in seen if n not in always):
        when = _when(name, complete, parameters)
        parameters[name] = _parameter(name, seen[name], when)
    return Space(parameters)


def _when(name: str, trials: Sequence[FrozenTrial], parents: Mapping[str, Parameter]) -> dict[str, list[Scalar]]:
    """{parent: values} such that exactly the trials with one of the values have the parameter."""
    for parent, p in parents.items():
        if isinstance(p, Float):
            continue
        has = {_scalar(t.params[parent]) for t in trials if name in t.params and parent in t.params}
        lacks = {_scalar(t.params[parent]) for t in trials if name not in t.params and parent in t.params}
        homeless = any(name in t.params and parent not in t.params for t in trials)
        if has and not has & lacks and not homeless:
            return {parent: sorted(has, key=str)}
    raise ValueError(
        f"from_optuna: only some trials have {name!r}, and no single other parameter explains which; "
        "give space=Space(…) with its `when`"
    )


def _parameter(
    name: str, distributions: Sequence[BaseDistribution], when: dict[str, list[Scalar]] | None = None
) -> Parameter:
    """The parameter with the widest range; ValueError names it."""
    try:
        return _counterpart(distributions, when)
    except ValueError as error:
        raise ValueError(f"from_optuna: {name!r} cannot be taken over: {error}; give space=Space(…)") from None


def _counterpart(distributions: Sequence[Any], when: dict[str, list[Scalar]] | None) -> Parameter:
    first = distributions[0]
    for what, read in (
        ("kind", lambda d: type(d).__name__),
        ("scale", lambda d: getattr(d, "log", False)),
        ("step", lambda d: getattr(d, "step", None)),
    ):
        if any(read(d) != read(first) for d in distributions):
            raise ValueError(f"its {what} changes from trial to trial")
    kind = type(first).__name__
    if kind == "CategoricalDistribution":
        options = [_scalar(o) for o in first.choices]
        return Choice(options, when=when) if len(options) > 1 else Constant(options[0], when=when)
    if kind not in ("FloatDistribution", "IntDistribution"):
        raise ValueError(f"it has a {kind}, which has no counterpart here")
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    if low == high:
        return Constant(low, when=when)
    return (Float if kind == "FloatDistribution" else Int)(low, high, log=first.log, step=first.step, when=when)


def _scalar(option: object) -> Scalar:
    """Optuna in memory accepts any object as an option; here it goes by its text."""
    return option if option is None or isinstance(option, bool | int | float | str) else str(option)


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _plain(x: object) -> object:
    try:
        return plain(x)
    except TypeError:
        return repr(x)


# ---- to Optuna -------------------------------------------------------------------------------------------------------


def to_optuna(trace: Trace, *, name: str | None = None, storage: str | BaseStorage | None = None) -> optuna.Study:
    """An optuna.Study with the trials of the trace; in memory, unless a storage (URL) is given. ImportError without
    Optuna. Directions are "minimize", or those that a trace from Optuna had there."""
    optuna = _optuna()
    m = next((len(t.values) for t in trace.trials if t.values), 1)
    maximised = trace.header.provenance.get("maximised", [])
    signs = [-1.0 if k in maximised else 1.0 for k in range(m)]
    study = optuna.create_study(
        study_name=name, storage=storage, directions=["maximize" if s < 0 else "minimize" for s in signs]
    )
    study.set_user_attr(KEY, trace.header.to_dict())
    distributions = {n: _distribution(optuna, p) for n, p in trace.space.parameters.items()}
    states = {ours: optuna.trial.TrialState[theirs] for theirs, ours in STATES.items()}
    best = trace.incumbent
    everything = sorted([*trace.trials, *trace.pending], key=lambda t: t.id)
    zero = datetime.now().replace(microsecond=0) - timedelta(
        seconds=max((t.end or t.start for t in everything), default=0)
    )
    for t in everything:
        values = t.values if t.values else (t.value,) if t.value is not None else None
        if values is not None and (len(values) != m or t.status not in ("done", "pruned")):
            values = None
        kept = {k: plain(getattr(t, k)) for k in KEPT}
        short = t.status == "done" and best is not None and t.effort < best.effort
        if short:  # a brief training is no candidate for Optuna's best trial
            kept["status"] = "done"
        if any(f != int(f) for f, _ in t.curve):  # Optuna counts whole steps
            kept["curve"] = plain(t.curve)
        frozen = optuna.trial.create_trial(
            state=states["pruned" if short else t.status],
            values=None if values is None else [s * v for s, v in zip(signs, values, strict=True)],
            params=t.config,
            distributions={n: distributions[n] for n in t.config},
            intermediate_values={int(f): math.nan if v is None else signs[0] * v for f, v in t.curve},
            user_attrs={**{k: plain(v) for k, v in t.metrics.items()}, KEY: kept},
        )
        frozen.datetime_start = zero + timedelta(seconds=t.start)
        if t.status != "running":
            frozen.datetime_complete = zero + timedelta(seconds=t.start if t.end is None else t.end)
        study.add_trial(frozen)
    return study


def _distribution(optuna: ModuleType, p: Parameter) -> Distribution:
    if isinstance(p, Float):
        return optuna.distributions.FloatDistribution(p.low, p.high, log=p.log, step=p.step)
    if isinstance(p, Int):
        return optuna.distributions.IntDistribution(p.low, p.high, log=p.log, step=p.step)
    return optuna.distributions.CategoricalDistribution([p.value] if isinstance(p, Constant) else list(p.options))
