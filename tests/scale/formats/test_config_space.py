"""A ConfigSpace file, with its conditions in any order."""

from nasbook.scale.other_spaces import space_from

CONFIG_SPACE = {
    "hyperparameters": [
        {"type": "uniform_int", "name": "late", "lower": 1, "upper": 5, "log": False},
        {"type": "categorical", "name": "a", "choices": ["x", "y", "z"], "weights": [1, 2, 1]},
        {"type": "ordinal", "name": "o", "sequence": [1, 2, 5]},
        {"type": "normal_float", "name": "n", "lower": 0.0, "upper": 1.0, "mu": 0.5, "sigma": 0.1, "log": False},
        {"type": "uniform_float", "name": "f", "lower": 0.1, "upper": 1.0, "log": True},
        {"type": "uniform_float", "name": "g", "lower": 0.1, "upper": 1.0, "log": False},
        {"type": "uniform_float", "name": "h", "lower": 0.1, "upper": 1.0, "log": False},
    ],
    "conditions": [
        {"type": "AND", "child": "late", "conditions": [
            {"type": "NEQ", "child": "late", "parent": "a", "value": "x"},
            {"type": "GT", "child": "late", "parent": "o", "value": 1}]},
        {"type": "OR", "child": "g", "conditions": [
            {"type": "EQ", "child": "g", "parent": "a", "value": "x"},
            {"type": "EQ", "child": "g", "parent": "o", "value": 1}]},
        {"type": "LT", "child": "h", "parent": "f", "value": 0.5},
    ],
    "forbiddens": [{"type": "AND", "clauses": [
        {"type": "EQUALS", "name": "a", "value": "y"}, {"type": "IN", "name": "o", "values": [1, 5]}]}],
}  # fmt: skip


def test_config_space_with_conditions_in_any_order():
    found = space_from(CONFIG_SPACE)
    assert found.format == "ConfigSpace"
    assert dict(found.space.conditions)["late"] == {"a": ("y", "z"), "o": (2, 5)}
    assert found.space.conditions["g"] == found.space.conditions["h"] == {}
    said = "\n".join(found.notes)
    for text in (
        "a: its weights",
        "n: its normal",
        "g: its condition cannot",
        "h: its condition cannot",
        "forbidden there and allowed here, so let it fail: a = y and o = 1 or 5",
    ):
        assert text in said
    assert len(found.notes) == 5
