"""A file of KerasTuner becomes a space."""

import json

from nasbook import Choice, Constant, Float, Int, Space
from nasbook.scale.other_spaces import space_from


def test_keras_tuner_by_its_file(tmp_path):
    def row(kind, name, conditions=(), **config):
        when = [{"class_name": "Parent", "config": {"name": p, "values": v}} for p, v in conditions]
        return {"class_name": kind, "config": {"name": name, "conditions": when, **config}}

    rows = [
        row("Int", "units", min_value=32, max_value=100, step=32, sampling="linear"),
        row("Int", "pow", min_value=1, max_value=40, step=2, sampling="log"),
        row("Float", "lr", min_value=1e-4, max_value=0.1, step=None, sampling="log"),
        row("Float", "r", min_value=0.1, max_value=1.0, step=None, sampling="reverse_log"),
        row("Boolean", "drop"),
        row("Float", "rate", [("drop", [True])], min_value=0.0, max_value=0.5, step=0.25, sampling="linear"),
        row("Fixed", "k", value=7),
    ]
    (tmp_path / "hp.json").write_text(json.dumps({"space": rows, "values": {}}))
    found = space_from(tmp_path / "hp.json")
    assert found.space == Space(
        units=Int(32, 96, step=32),
        pow=Choice([1, 2, 4, 8, 16, 32], ordered=True),
        lr=Float(1e-4, 0.1, log=True),
        r=Float(0.1, 1),
        drop=Choice([False, True]),
        rate=Float(0, 0.5, step=0.25, when={"drop": [True]}),
        k=Constant(7),
    )
    assert len(found.notes) == 1 and found.notes[0].startswith("r: its reversed")
