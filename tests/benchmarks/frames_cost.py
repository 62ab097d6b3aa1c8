"""What the labs cost as frames: CPU seconds, pictures and bytes, lab by lab.

python tests/benchmarks/frames_cost.py [LAB ...] [--frames 12] [--out FOLDER]      # FOLDER/LAB/index.html plays
"""

import argparse
import time
from pathlib import Path

from nasbook import registry
from nasbook.widgets.played import lab_frames

parser = argparse.ArgumentParser()
parser.add_argument("labs", nargs="*")
parser.add_argument("--frames", type=int, default=12)
parser.add_argument("--out", type=Path)
asked = parser.parse_args()
total = [0.0, 0, 0]
print(f"{'lab':16}{'CPU s':>7}{'pictures':>10}{'kB':>7}  control")
for name in asked.labs or [entry.name for entry in registry.LABS]:
    begin = time.process_time()
    frames = lab_frames(name, asked.frames)
    row = (time.process_time() - begin, frames.count, frames.size / 1000)
    total = [a + b for a, b in zip(total, row, strict=True)]
    control = f"{frames.control}: {', '.join(frames.labels)}" if frames.control else ""
    print(f"{name:16}{row[0]:7.1f}{row[1]:10}{row[2]:7.0f}  {control}", flush=True)
    for said in frames.left_out:
        print(f"    left out: {said}", flush=True)
    if asked.out:
        frames.write(asked.out / name)
print(f"{'all':16}{total[0]:7.1f}{total[1]:10}{total[2]:7.0f}")
