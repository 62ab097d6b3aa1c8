"""YAML 1.2's words: which are numbers, and which are texts."""

import math

import pytest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4), ("1E3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-1.5e+3", -1500.0), ("no", "no"), ("off", "off"),
        ("yes", "yes"), ("Yes", "Yes"), ("y", "y"), ("true", True), ("True", True), ("FALSE", False), ("null", None),
        ("~", None), ("", None), ("010", 10), ("0o10", 8), ("0x1F", 31), ("1_000", "1_000"), ("1:30", "1:30"),
        ("2021-01-01", "2021-01-01"), ("=", "="), ("'1'", "1"), ("-.inf", -math.inf), ("+12", 12), ("1e", "1e"),
        ("e5", "e5"), (".", "."), ("0b1", "0b1"), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text, value):
    from nasbook.scale.yaml12 import parse

    got = parse(f"key: {text}")[0]["key"]
    assert got == value and type(got) is type(value)
