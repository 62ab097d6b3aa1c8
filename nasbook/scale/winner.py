"""After the search: train what was found from scratch, measure it on data that no search has seen, and pack it.

    winner = train("runs/first", "winner", seeds=5, onnx=True)       the same as: nasbook train runs/first --out winner
    print(winner)                       # test accuracy of 5 trainings, mean ± standard deviation

The folder:

    network.py             the network as PyTorch that needs torch alone; load() gives it with its weights
    weights.safetensors    of the training that was best on the validation part; the test part chooses nothing
    card.json, card.md     what it is, where it comes from, what it can do and what it has cost
    model.onnx             with onnx=True, checked against PyTorch; and model-int8.onnx
    state/                 of each training after its last epoch, so that a killed one goes on

Several GPUs, or machines, learn one network together where torchrun starts the command (see nasbook.kit.parallel):

    torchrun --standalone --nproc_per_node=4 -m nasbook train runs/first --out winner

The value that a search reports of its winner is too good: it is the lowest of many noisy ones, with the seed that
happened to win. So the seeds are new, and the accuracy is that of the test part.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nasbook.files import lock, parse_json, read_bytes, write_text
from nasbook.kit import parallel, safetensors, torchrun
from nasbook.meter import Meter, added
from nasbook.nas.spaces.program import HEAD
from nasbook.scale import card as cards
from nasbook.scale import onnx_file
from nasbook.scale.study import Study, load_study
from nasbook.scale.study_errors import RunError
from nasbook.scale.target import make_task
from nasbook.scale.trust import Trust
from nasbook.space import Arguments, Config, Json
from nasbook.task import Standardises, Task, TrainsTogether, TrainsToTheEnd
from nasbook.trace import Trace
from nasbook.trace_file import load
from nasbook.trial import Trial, plain

if TYPE_CHECKING:
    from nasbook.kit.learner import Parts
    from nasbook.tasks.learner import Learner

FIRST_SEED = 1000  # of the trainings here
INHERITS = {"member", "morphisms"}  # in a trial's info: its weights came from its parent's
Progress = Callable[[int, int, float], None]  # (seed, epoch, value)


@dataclass(frozen=True)
class Found:
    """A configuration that a search found, the task that trains it, and what the search was."""

    task: Any
    config: Config
    search: Json

    @property
    def what(self) -> Json:
        """What a folder must agree with to be gone on with."""
        arguments = {k: v for k, v in self.task.arguments.items() if k not in ("device", "compile", "channels_last")}
        together = {"processes": parallel.world()} if parallel.world() > 1 else {}
        return plain({"task": self.task.name, "arguments": arguments, "config": self.config, **together})


@dataclass(frozen=True)
class Run:
    """One training to the end: the accuracies on the validation and the test part, and the seconds that it took."""

    seed: int
    epochs: int
    validation: float
    test: float
    loss: float | None  # on the validation part, in nats; None where it is no number any more
    seconds: float
    cpu_seconds: float
    used: dict[str, float] = field(default_factory=dict)  # what a meter has read (see meter.py)


@dataclass(frozen=True)
class Winner:
    """What `train` leaves: its folder and its card."""

    folder: Path
    card: Json

    @property
    def accuracies(self) -> list[float]:
        """On the test part, of each training."""
        return [run["test"] for run in self.card["training"]["runs"]]

    def __str__(self) -> str:
        return cards.summary(self.card)


def train(
    source: str | Path | Trace | Study,
    out: str | Path,
    *,
    trial: str | int = "best",
    epochs: int | None = None,
    seeds: int = 3,
    onnx: bool = False,
    task: str | None = None,
    arguments: Arguments | None = None,
    trust: Sequence[str] = (),
    progress: Progress | None = None,
) -> Winner:
    """Train a found configuration from scratch with `seeds` new seeds, and write network, weights and card into `out`.

    source: a trace, the folder of a run, or a study (whose run, or else whose first configuration, is taken).
    trial: "best", or the number of a trial. epochs: of each training; None: the task's. task, arguments: train it on
    another task, or with other arguments than the search did, e.g. {"data": "cifar-10-python.tar.gz"}. onnx: also an
    ONNX file. trust: modules whose tasks may be imported. progress is told each epoch's seed, number and value.

    The same call goes on with a folder that it has begun, and trains only seeds that are missing. Raises ValueError, in
    a sentence, for what cannot be trained, and RunError where an export fails after everything else is written."""
    if isinstance(seeds, bool) or not isinstance(seeds, int) or not 1 <= seeds <= 1000:
        raise ValueError(f"seeds must be a whole number from 1 to 1,000, not {seeds!r}")
    if onnx:
        onnx_file.check_packages()
    found = find(source, trial, epochs=epochs, task=task, arguments=arguments, trust=trust)
    out = Path(out)
    with parallel.held(_claimed(out, found)):
        runs = [_run(found, out, FIRST_SEED + k, progress) for k in range(seeds)]
        best = max(runs, key=lambda run: (run.validation, -math.inf if run.loss is None else -run.loss))
        training = found.task.training(found.config, best.seed)
        training.learn(found.task.epochs, checkpoint=out / "state" / f"{best.seed}.pt")
        return parallel.lead(lambda: _packed(found, runs, best, training, out, onnx))


# ---- what is trained -------------------------------------------------------------------------------------


def find(
    source: str | Path | Trace | Study,
    trial: str | int = "best",
    *,
    epochs: int | None = None,
    task: str | None = None,
    arguments: Arguments | None = None,
    trust: Sequence[str] = (),
) -> Found:
    """The configuration and the task to train it, as `train` takes them; ValueError says why there is none."""
    where, folder = _trace_or_study(source)
    if isinstance(where, Trace):
        name, given = where.header.task, where.header.arguments
        space, config, search = where.space, *_trial(where, trial)
    else:
        name, given, space = where.task.name, dict(where.task.arguments), where.search_space
        if trial != "best" or not where.first:
            raise ValueError(
                f"the study {where.name} has no run here and no `first` configuration to train: run it, and give the "
                "folder of the run"
            )
        config, search = where.first[0], {"study": where.name, "task": name}
    if task is not None:
        name, given = task, {}
    given |= {**(arguments or {}), **({} if epochs is None else {"epochs": epochs})}
    made = make_task(name, given, space, Trust(folder, tuple(trust)))
    if not isinstance(made, TrainsToTheEnd):
        raise ValueError(f"{name} trains no network to its end, so there is none to write; {_instead(made)}")
    if (n := torchrun.processes()) > 1 and not isinstance(made, TrainsTogether):
        raise ValueError(
            f"torchrun has started {n} processes, and {name} trains in one; of them all, --task images makes use"
        )
    try:
        training = made.training(config, FIRST_SEED)
    except ValueError as error:
        raise ValueError(f"{name} cannot train this configuration: {error}") from None
    return Found(made, training.config, search)


def _trace_or_study(source: str | Path | Trace | Study) -> tuple[Trace | Study, Path]:
    """What there is to take a configuration from, and the folder whose modules it may name."""
    if isinstance(source, Trace):
        return source, Path.cwd()
    if not isinstance(source, Study):
        path = Path(source)
        if path.is_dir():
            if not (path / "trace.jsonl").exists():
                raise ValueError(f"{path} is no folder of a run: there is no trace.jsonl in it")
            return load(path / "trace.jsonl"), path.resolve()
        if path.suffix not in (".yaml", ".yml"):
            return load(path), path.resolve().parent
        source = load_study(path, check=False)
    ran = Path("runs") / source.folder_name / "trace.jsonl"
    return (load(ran) if ran.exists() else source), source.folder


def _trial(trace: Trace, which: str | int) -> tuple[Config, Json]:
    """The configuration of a trial, and what is told of its search."""
    trials = {t.id: t for t in trace.trials}
    if which == "best":
        try:
            chosen: Trial = trace.best
        except LookupError as error:
            raise ValueError(str(error)) from None
    elif isinstance(which, int) and which in trials:
        chosen = trials[which]
    else:
        known = f"its trials go from {min(trials)} to {max(trials)}" if trials else "it has none that has ended"
        raise ValueError(f"there is no trial {which!r} in this trace; {known}")
    header = trace.header
    return chosen.config, {
        "method": header.method,
        "task": header.task,
        "arguments": header.arguments,
        "seed": header.seed,
        "settings": header.settings,
        "trials": len(trials),
        "seconds": sum(t.cost or 0.0 for t in trials.values()),
        "digest": trace.digest,
        "trial": chosen.id,
        "value": chosen.value,
        "fidelity": chosen.fidelity,
        "weights_from": chosen.info.get("parent") if chosen.info.keys() & INHERITS else None,
    }


def _instead(task: Task) -> str:
    if task.knows_cost:
        return "it is a table, but --task images --arg data=… trains what was found in it"
    return "--task names one that does, e.g. images"


# ---- training --------------------------------------------------------------------------------------------


@contextmanager
def _claimed(out: Path, found: Found) -> Iterator[None]:
    """The folder is ours alone, and new or begun with the same training."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out is a folder")
    told = out / "state" / "what.json"
    if out.exists() and any(out.iterdir()) and not told.exists():
        raise ValueError(f"{out} holds something else; another --out starts anew")
    if told.exists() and (before := _read_json(told)) != found.what:
        other = next(k for k in found.what | before if before.get(k) != found.what.get(k))
        raise ValueError(f"{out} was begun with another training: its {other} differs; another --out starts anew")
    told.parent.mkdir(parents=True, exist_ok=True)
    with open(told.parent / ".lock", "a+") as file:
        if not lock(file):
            raise ValueError(f"another training is at work in {out}; wait for it, or use another --out")
        _write_json(told, found.what)
        yield


def _run(found: Found, out: Path, seed: int, progress: Progress | None) -> Run:
    """One training, or what is kept of it."""
    kept = out / "state" / f"{seed}.json"
    row: Json = {"seed": seed, "epochs": 0, "seconds": 0.0, "cpu_seconds": 0.0}
    row |= parallel.lead(lambda: _read_json(kept) if kept.exists() else {})
    if {f.name for f in fields(Run)} - {"used"} <= row.keys():
        return Run(**row)
    training = found.task.training(found.config, seed)
    row.setdefault("used", {"seconds": row["seconds"], "cpu_seconds": row["cpu_seconds"]})
    meter = Meter()
    meter.begin()

    def report(epoch: int, value: float) -> None:
        if epoch > row["epochs"]:  # those that are kept are reported again
            used = added(row["used"], meter.lap())
            row.update(epochs=epoch, used=used, seconds=used["seconds"], cpu_seconds=used["cpu_seconds"])
            _write_json(kept, row)
        if progress:
            progress(seed, epoch, value)

    row["epochs"] = training.learn(found.task.epochs, report, kept.with_suffix(".pt"))
    loss, error = training.measure("val")
    row |= {"validation": 1 - error, "loss": loss if math.isfinite(loss) else None}
    row["test"] = 1 - training.measure("test")[1]
    parallel.lead(lambda: _write_json(kept, row))
    return Run(**parallel.same(row))


def _read_json(path: Path) -> Json:
    return dict(parse_json(read_bytes(path), str(path)))


def _write_json(path: Path, row: Json) -> None:
    write_text(path, json.dumps(plain(row), indent=2, allow_nan=False))


# ---- packing ---------------------------------------------------------------------------------------------


def _packed(found: Found, runs: Sequence[Run], best: Run, training: Learner, out: Path, onnx: bool) -> Winner:
    task = found.task
    source, weights = task.plain(found.config, training.judged)
    safetensors.write_weights(out / "weights.safetensors", weights)
    net, x, y = training.judged.eval(), task.tensors["test"][0], task.tensors["test"][1]
    scaling = task.scaling if isinstance(task, Standardises) else None
    (out / "network.py").write_text(_file(source, weights, x[:1], scaling), encoding="utf-8")
    card = cards.card(found, runs, best, net, x[:1], len(y))

    def kept() -> Winner:
        _write_json(out / "card.json", card)
        (out / "card.md").write_text(cards.markdown(card), encoding="utf-8")
        return Winner(out, card)

    winner = kept()
    if onnx:
        try:
            some = x[: onnx_file.BATCHES[-1]].cpu()
            card["onnx"] = onnx_file.write(net, some, out / "model.onnx")
            _judged(card["onnx"], out / "model.onnx", x, y)
            if some.is_floating_point():
                seen = task.tensors["val"][0][:200].cpu()
                card["int8"] = onnx_file.quantise(out / "model.onnx", seen, out / "model-int8.onnx")
                _judged(card["int8"], out / "model-int8.onnx", x, y)
        except RunError as error:
            kept()
            raise RunError(f"{error}; all else is in {out}") from None
        winner = kept()
    return winner


def _judged(facts: Json, path: Path, x: Parts, y: torch.Tensor) -> None:
    facts["test"] = onnx_file.accuracy(path, x, y)


def _file(
    source: str,
    weights: Mapping[str, torch.Tensor],
    x: torch.Tensor,
    scaling: Mapping[str, Sequence[float]] | None,
) -> str:
    """The source of a network, with a reader for its weights."""
    kinds = {k: v for k, v in safetensors.DTYPES.items() if v in {w.dtype for w in weights.values()}}
    shape, numbers = tuple(x.shape[1:]), "" if x.dtype == torch.float32 else f", dtype={x.dtype}"
    standardised = "" if scaling is None else STANDARDISED.format(**scaling)
    return (
        source.replace(HEAD, f"import json\nfrom pathlib import Path\n\n{HEAD}", 1)
        + f"\n\nSHAPE = {shape}  # of one input\nDTYPES = {kinds}\n{standardised}\n\n"
        + inspect.getsource(safetensors.read_weights)
        + LOADED.format(numbers=numbers)
    )


STANDARDISED = '''MEAN, STD = {mean}, {std}  # of each channel


def standardised(x: Tensor) -> Tensor:
    """Images (n, c, h, w) as a file has them, as the network reads them."""
    mean, std = (torch.tensor(v, dtype=torch.float32)[:, None, None] for v in (MEAN, STD))
    return (x.float() - mean) / std
'''

LOADED = '''

def load(path: str | Path = Path(__file__).with_name("weights.safetensors")) -> Network:
    """The trained network, ready to answer."""
    net = Network()
    net.load_state_dict(read_weights(path))
    return net.eval()


if __name__ == "__main__":
    print(load()(torch.zeros(1, *SHAPE{numbers})))
'''
