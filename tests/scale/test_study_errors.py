"""Each error of a study names its line, its path and what would be right."""

import pytest
import yaml
from scale.good_study import ERRORS, GOOD

import nasbook
from nasbook.scale import StudyError, load_study
from nasbook.scale.study import validate


def test_the_study_that_the_errors_start_from_is_good(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD)
    study = load_study(path)
    assert study.search_space.parameters["lr"] == nasbook.Float(1e-4, 0.1, log=True)
    assert study.first[0]["weight_decay"] == 0.001


@pytest.mark.parametrize(("text", "instead", "says"), ERRORS, ids=[f"{b!r:.40}" for _, b, _ in ERRORS])
def test_each_error_names_line_and_path_and_what_would_be_right(tmp_path, text, instead, says):
    assert GOOD.count(text) >= 1
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace(text, instead, 1))
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert str(caught.value).startswith(f"{path}, {says}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty; a study begins with schema: nasbook/study@1"),
        (b"# only a comment\n", "the file is empty"),
        (b"\xff\xfe\x00", "the file is not UTF-8 text"),
        (b"[" * 5000, "line 1: this is nested more than 100 levels deep"),
        (b"- a\n- b\n", "line 1: must be a mapping (key: value), not a list"),
        (b"just words\n", 'line 1: must be a mapping (key: value), not "just words"'),
        (b"a: 1\n---\nb: 2\n", "line 2: this is not YAML: but found another document"),
        (b"a: \x01\n", "line 1: the character U+0001 is not allowed in YAML"),
    ],
)
def test_files_that_are_no_studies_at_all(tmp_path, data, says):
    path = tmp_path / "study.yaml"
    path.write_bytes(data)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert says in str(caught.value) and str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(StudyError, match="nothing.yaml: there is no such file"):
        load_study(tmp_path / "nothing.yaml")
    with pytest.raises(StudyError, match="this is a folder; give the study file in it"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "\ud800"},
        {"method": "\ud800"},
        {"\ud800": 3},
        {"name": "\ud800"},
        {"schema": "\ud800"},
        {"space": {"x": {"type": "\ud800"}}},
        {"space": {"\ud800": {"type": "flat"}}},
        {"budget": {"trials": "\ud800"}},
        {"method": {"name": "tpe", "settings": {"gamma": "\ud800"}}},
        {"first": [{"\ud800": 1}]},
    ],
)
def test_half_a_pair_of_characters_is_an_error_that_can_be_printed(change):
    with pytest.raises(StudyError) as error:
        validate({**yaml.safe_load(GOOD), **change}).check()
    assert str(error.value).encode()
