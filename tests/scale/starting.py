"""Runs as processes of their own, and waiting for what they do."""

import json
import subprocess
import sys
import time
from pathlib import Path

LEARN = "fidelity: {unit: epoch, min: 1, max: 6}\nseeds: {search: 5}"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nasbook.cli", *map(str, arguments)]


def nasbook_run(*arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command("run", *arguments), capture_output=True, text=True, timeout=timeout)


def starts(study: Path) -> list[dict]:
    return [json.loads(line) for line in (study.parent / "starts.log").read_text().splitlines()]


def hold(study: Path, **at: int) -> None:
    """Let the trainings of objective:learn wait there, so that nothing comes too late for it; with nothing, go on."""
    file = study.parent / "hold.json"
    if at:
        scratch = file.with_suffix(".tmp")
        scratch.write_text(json.dumps(at))
        scratch.replace(file)
    else:
        file.unlink()


def wait_for(condition, seconds: float = 200.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
