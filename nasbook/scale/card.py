"""The card of a trained network: what it is, where it comes from, what it can do, what it has cost."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor, nn

from nasbook.cost import Cost, cost_of
from nasbook.kit import parallel
from nasbook.nas.spaces.cost import flops, latency, parameters
from nasbook.space import Arguments, Json
from nasbook.task import TrainsForReal
from nasbook.trial import plain
from nasbook.version import __version__

SCHEMA = "nasbook/card@1"


def card(found: Any, runs: Sequence[Any], best: Any, net: nn.Module, x: Tensor, tested: int) -> Json:
    """found: `nasbook.scale.winner.Found`; runs: its trainings, of which `best` is the one that is kept; net: that
    network; x: one input; tested: how many there are in the test part."""
    task, accuracies = found.task, [run.test for run in runs]
    n = parallel.world()  # processes, each of which took as long
    seconds, cpu = sum(run.seconds for run in runs), n * sum(run.cpu_seconds for run in runs)
    energy = cost_of([_used(run, n, x.is_cuda) for run in runs])
    accuracy = mean(accuracies)
    return plain({
        "schema": SCHEMA, "nasbook": __version__, "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "space": task.architectures.name if isinstance(task, TrainsForReal) else task.name, "config": found.config,
        "search": found.search,
        "training": {
            "task": task.name, "arguments": task.arguments, "epochs": task.epochs, "runs": [vars(run) for run in runs],
            "seconds": seconds, "cpu_seconds": cpu, "device": str(x.device), "torch": torch.__version__,
            "machine": platform.machine(), "processes": n,
        },
        "accuracy": accuracy, "spread": stdev(accuracies) if len(runs) > 1 else None,
        "tested": tested, "of_the_draw": math.sqrt(accuracy * (1 - accuracy) / tested),
        "weights": {"seed": best.seed, "validation": best.validation, "test": best.test},
        "input": {"shape": list(x.shape[1:]), "type": str(x.dtype).removeprefix("torch.")},
        "parameters": parameters(net), "flops": flops(net, x), "eager_seconds": latency(net, x),
        "energy": _energy(energy),
    })  # fmt: skip


def _used(run: Any, n: int, gpu: bool) -> dict[str, float]:
    """What a training has used, of all its n processes."""
    used = {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds, **run.used}
    used |= {name: n * used[name] for name in ("cpu_seconds", "cpu_joules") if name in used}
    return {**({"gpu_seconds": n * run.seconds} if gpu else {}), **used}


def _energy(cost: Cost) -> Json:
    low, high = cost.range
    return {
        "kwh": cost.wh / 1000,
        "kwh_range": [low / 1000, high / 1000],
        "counted_kwh": cost.counted / 1000,
        "core_watts": cost.core_watts,
        "gpu_watts": cost.gpu_watts if cost.gpu_seconds else None,
        "said": cost.energy_line,
    }


def summary(card: Json) -> str:
    """The card in a few lines."""
    n, spread = len(card["training"]["runs"]), card["spread"]
    lines = [
        f"Test accuracy {card['accuracy']:.4f}"
        + (f" ± {spread:.4f} (standard deviation of {n} trainings)" if spread is not None else " (one training)")
        + f".\nThe draw of {card['tested']:,} test inputs alone leaves ± {card['of_the_draw']:.4f}.",
        f"{card['parameters']:,} parameters, {card['flops']:,} multiply-adds, "
        f"{_micro(card['eager_seconds'])} for one input in PyTorch.",
    ]
    if "onnx" in card:
        facts = card["onnx"]
        lines.append(
            f"ONNX: {_micro(facts['onnxruntime_seconds'])} in onnxruntime; logits differ from PyTorch's by at most "
            f"{facts['largest_difference']:.1g} at batches of {', '.join(map(str, facts['batches']))}."
        )
    if "int8" in card:
        facts = card["int8"]
        lines.append(
            f"int8: {facts['bytes'] / 1000:,.0f} kB instead of {card['onnx']['bytes'] / 1000:,.0f}, "
            f"{_micro(facts['onnxruntime_seconds'])}, test accuracy {facts['test']:.4f} "
            f"instead of {card['onnx']['test']:.4f}."
        )
    return "\n".join(lines)


def markdown(card: Json) -> str:
    """The card as a page."""
    training, search, weights, energy = card["training"], card["search"], card["weights"], card["energy"]
    shape = "×".join(map(str, card["input"]["shape"]))
    rows = "\n".join(
        f"| {run['seed']} | {run['epochs']} | {run['validation']:.4f} | {run['test']:.4f} | {run['seconds']:.1f} |"
        for run in training["runs"]
    )
    parts = [
        f"# A network of {card['space']}",
        summary(card),
        "## What it is",
        f"Search space {card['space']}; one input is {shape}, {card['input']['type']}. Configuration:",
        f"```json\n{json.dumps(card['config'], indent=2)}\n```",
        "## Where it comes from",
        _origin(search),
        "## Training",
        f"Task {training['task']} {_with(training['arguments'])}, "
        f"{training['epochs']} epoch{'s' * (training['epochs'] != 1)} from scratch for each seed, "
        f"on {_processes(training)}{training['device']} "
        f"(torch {training['torch']}, {training['machine']}).",
        f"| seed | epochs | validation accuracy | test accuracy | seconds |\n|---|---|---|---|---|\n{rows}",
        f"The weights are those of seed {weights['seed']}, which was best on the validation part "
        f"({weights['validation']:.4f}); its test accuracy is {weights['test']:.4f}. The test part chose nothing.",
        "## Cost",
        f"Training: {training['seconds']:,.1f} s, {training['cpu_seconds']:,.1f} s of processor time. {energy['said']}"
        + (f" The search's trials: {search['seconds']:,.1f} s." if search.get("seconds") else ""),
        "## Use",
        "```python\nimport network\nnet = network.load()      # in this folder; needs torch alone\n```",
    ]
    if "onnx" in card:
        parts += [
            "`model.onnx` reads `x` and gives `logits`, for any batch size. TensorRT makes an engine of it on a "
            "machine with an NVIDIA GPU (not tried here):",
            "```\n"
            f"trtexec --onnx=model.onnx --minShapes=x:1x{_by(card)} --optShapes=x:32x{_by(card)} "
            f"--maxShapes=x:256x{_by(card)} --fp16 --saveEngine=model.engine\n```",
        ]
    parts += [
        "## What it does not show",
        "How it answers inputs unlike those of the test part, and whether the search space holds a better network.",
    ]
    return "\n\n".join(parts) + "\n"


def _origin(search: Json) -> str:
    if "method" not in search:
        return f"The first configuration of the study {search['study']} (task {search['task']})."
    value = "none" if search["value"] is None else f"{search['value']:.6g}"
    effort = "" if search["fidelity"] is None else f" at fidelity {search['fidelity']:g}"
    more = (
        f" It had its weights from trial {search['weights_from']}, and was trained from scratch here."
        if search["weights_from"] is not None
        else ""
    )
    return (
        f"Trial {search['trial']} of {search['trials']} by {search['method']} (seed {search['seed']}) on "
        f"{search['task']}, trace {search['digest']}. The search gave it the value {value}{effort}: the best of many "
        f"noisy ones, and so no measurement of this network.{more}"
    )


def _processes(training: Json) -> str:
    n = training.get("processes", 1)
    return (
        f"{n} processes that learned together, each from {training['arguments'].get('batch', 50)} images a step, on "
        if n > 1
        else ""
    )


def _with(arguments: Arguments) -> str:
    return f"with {json.dumps(arguments)}" if arguments else "as it stands"


def _by(card: Json) -> str:
    return "x".join(map(str, card["input"]["shape"]))


def _micro(seconds: float) -> str:
    return f"{1e6 * seconds:,.0f} µs"
