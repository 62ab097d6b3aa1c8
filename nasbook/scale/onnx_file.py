"""A trained network as an ONNX file, checked against PyTorch, timed, and made smaller.

    facts = write(net, x, "model.onnx")              exported, and asked at three batch sizes
    facts = quantise("model.onnx", x, y, "model-int8.onnx")

Seconds are those of one input on one thread, the median of many: processor time, which other programs disturb less than
a clock on the wall. int8 keeps each weight in a byte; whether that is faster depends on the machine, so it is measured.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.learner import Parts
from nasbook.nas.spaces.blocks import Noise
from nasbook.nas.spaces.cost import latency, seconds
from nasbook.scale.study_errors import RunError
from nasbook.space import Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnxruntime import InferenceSession

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
BATCHES = (1, 4, 33)
APART = 1e-3  # logits that differ by more are another network's


def check_packages() -> None:
    """ValueError names the packages that are missing, and how to get them."""
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise ValueError(f"ONNX needs {', '.join(missing)}, not installed here: pip install 'nasbook[export]'")


def write(net: nn.Module, x: Tensor, path: Path) -> Json:
    """Export a network, and ask PyTorch and onnxruntime about the same inputs x (at least 33, on the CPU).

    Returns opset, bytes, batches, the largest difference of two logits, and the seconds of one input in both. RunError,
    in one sentence, for a network that torch cannot export and for a file that does not agree with it."""
    net = settled(net, x[:1])
    try:
        with quiet():
            made = torch.onnx.export(
                net,
                (x[:4],),
                dynamo=True,
                verbose=False,
                input_names=["x"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            )
            assert made is not None
            made.save(str(path), external_data=False)
    except Exception as error:  # torch prints pages of its graph
        cause = error.__cause__ or error
        why = next((line.strip() for line in str(cause).splitlines() if line.strip()), "")
        raise RunError(f"torch cannot export this network to ONNX ({type(cause).__name__}: {why:.150})") from None
    session = open_session(path)
    apart = 0.0
    with torch.no_grad():
        for n in BATCHES:
            apart = max(apart, float(np.abs(ask(session, x[:n]) - net(x[:n]).numpy()).max()))
    if not apart <= APART:
        path.unlink()
        raise RunError(f"two logits of the ONNX file and PyTorch differ by {apart:.3g}, so the file is not kept")
    return {
        "opset": made.model.opset_imports.get("", None),
        "bytes": path.stat().st_size,
        "batches": list(BATCHES),
        "largest_difference": apart,
        "eager_seconds": latency(net, x[:1], repeats=60),
        "onnxruntime_seconds": _timed(session, x),
    }


def quantise(path: Path, calibration: Tensor, out: Path) -> Json:
    """The same network with weights and values of 8 bits, their ranges seen on inputs to calibrate by; returns bytes
    and the seconds of one input. RunError where onnxruntime cannot."""
    check_packages()
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from onnxruntime import quantization as q

    class Reader(q.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(calibration.split(50))

        def get_next(self) -> dict[str, np.ndarray] | None:
            part = next(self.left, None)
            return None if part is None else {"x": part.numpy()}

    scratch = out.with_name(out.name + ".tmp")
    try:
        with quiet():
            q.quant_pre_process(str(path), str(scratch), skip_symbolic_shape=True)
            q.quantize_static(str(scratch), str(out), Reader(), per_channel=True)
        return {"bytes": out.stat().st_size, "onnxruntime_seconds": _timed(open_session(out), calibration)}
    except Exception as error:
        out.unlink(missing_ok=True)
        raise RunError(f"onnxruntime cannot make an int8 version ({type(error).__name__}: {error!s:.150})") from None
    finally:
        scratch.unlink(missing_ok=True)


def settled(net: nn.Module, x: Tensor) -> nn.Module:
    """A copy on the CPU, in evaluation mode, in which layers of noise add one draw to every input: random numbers with
    a seed of their own are nothing that ONNX has."""
    net = deepcopy(net).cpu().eval()

    def hold(layer: Noise, _: object, drawn: Tensor) -> None:
        layer.held = drawn.clone()

    hooks = [layer.register_forward_hook(hold) for layer in net.modules() if isinstance(layer, Noise)]
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return net


def open_session(path: Path) -> InferenceSession:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ask(session: InferenceSession, x: Tensor) -> np.ndarray:
    """logits (n, classes)"""
    return np.asarray(session.run(None, {"x": x.numpy()})[0])


def accuracy(path: Path, x: Parts, y: Tensor) -> float:
    """The share that an ONNX file classifies rightly."""
    session = open_session(path)
    answers = np.concatenate([ask(session, part.cpu()).argmax(-1) for part in x.split(500)])
    return float((answers == y.cpu().numpy()).mean())


def _timed(session: InferenceSession, x: Tensor) -> float:
    one = {"x": x[:1].numpy()}
    return seconds(lambda: session.run(None, one), repeats=200)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what the exporters say on the way."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    said = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
