"""A job array for Slurm: each of its tasks is one worker on a database, which holds the study (see ../storage.py)."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

from nasbook.scale.study import Study
from nasbook.scale.target import is_ours
from nasbook.scale.targets import words

SCRIPT = """\
#!/bin/bash
{head}#
#SBATCH --job-name={job}
#SBATCH --array=0-{last}
#SBATCH --cpus-per-task={cpus}
{gpus}{time}#SBATCH --output={job}-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@60

# A task that is stopped, or whose node dies, leaves its trial to the others; to submit the script again goes on.
cd "${{SLURM_SUBMIT_DIR:-$(dirname "$0")}}" || exit 1
: "${{STORAGE:=sqlite:///$PWD/{job}.db}}"
export OMP_NUM_THREADS={cpus} OPENBLAS_NUM_THREADS={cpus} MKL_NUM_THREADS={cpus}
command -v nasbook > /dev/null || {{
    echo "this search needs nasbook, not installed on $(hostname): pip install 'nasbook[scale]'" >&2
    exit 127
}}
exec nasbook worker "$STORAGE" --study {study} --out runs/{job} --index "$SLURM_ARRAY_TASK_ID"
"""


WHERE = (
    "The study lies beside this file, and its workers run all of it. The database is a file here, which needs a file "
    "system with locks; where the nodes share none, name a server: STORAGE=postgresql://me@host/name sbatch …"
)


def text(study: Study, cost: str, path: Path, objectives: int = 1) -> str:
    """The script; `cost` goes into its head. ValueError for a table, whose clock is simulated."""
    if is_ours(study.task.name) and study.make_task().knows_cost:
        raise ValueError(
            f"{study.task.name} has a simulated clock, which several jobs cannot share; leave --to out and run the "
            "study with: nasbook run"
        )
    job = re.sub(r"[^0-9A-Za-z_.-]+", "-", study.name).strip(".-") or "search"
    cpus, gpus, hours = study.resources.cpus, study.resources.gpus, study.budget.hours
    return SCRIPT.format(
        head=words.head(study, f"sbatch {path.name}", _lost(study), cost) + words.comment("", WHERE),
        job=job,
        last=study.workers - 1,
        cpus=cpus,
        gpus=f"#SBATCH --gpus-per-task={math.ceil(gpus)}\n#SBATCH --ntasks=1\n" if gpus else "",
        time=f"#SBATCH --time={math.ceil(hours) + 1}:00:00\n" if hours else "",
        study=shlex.quote(_beside(path).name),
    )


def beside(study: Study, cost: str, path: Path) -> dict[Path, str]:
    """The study, which the script begins in the database."""
    return {_beside(path): study.model_copy(update={"packed": 1}).to_yaml(cost)}


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.yaml")


def _lost(study: Study) -> list[str]:
    share = study.resources.gpus % 1
    return [
        *(["the share of a GPU: each worker gets whole ones."] if share else []),
        *([] if study.budget.hours else ["a limit of time, which your cluster may want: add #SBATCH --time=…"]),
    ]
