"""The schema on disk is that of the models, and an editor refuses the same keys."""

import json

import jsonschema
import pytest
import yaml
from scale.good_study import ERRORS, GOOD, SCHEMA_FILE

from nasbook.scale import json_schema


def test_the_schema_on_disk_is_the_one_of_the_models():
    """To write it anew: nasbook.scale.json_schema()."""
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize(("text", "instead", "says"), [e for e in ERRORS if "such key" in e[2] or "missing" in e[2]])
def test_an_editor_with_the_schema_refuses_the_same_keys(text, instead, says):
    if "first.0" in says:
        pytest.skip("configurations are checked against the space, which no schema can")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    data = yaml.safe_load(GOOD.replace(text, instead, 1).replace("1e-", "1.0e-"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)
