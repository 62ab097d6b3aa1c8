"""What a study may not say, in one sentence each."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scale.good_study import GOOD

import nasbook
from nasbook.scale import SCHEMA, StudyError, load_study
from nasbook.scale.study import validate


def test_a_parameter_that_cannot_exist_in_the_space_is_not_asked_for(tmp_path):
    path, lines = tmp_path / "study.yaml", GOOD.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("  momentum:"))
    path.write_text(without)
    with pytest.raises(StudyError, match="digits-mlp needs the parameter 'momentum'"):
        load_study(path)
    path.write_text(without.replace("options: [sgd, adamw]", "options: [adamw]"))
    assert "momentum" not in load_study(path).search_space.parameters


def test_one_training_takes_no_workers_and_no_first_trials(tmp_path):
    space = nasbook.task("digits-cells").space.to_dict()
    good = {
        "schema": SCHEMA,
        "name": "d",
        "task": {"name": "digits-cells"},
        "space": space,
        "method": {"name": "darts"},
        "budget": {},
    }
    first = [nasbook.task("digits-cells").space.decode([0.5] * 6)]
    for more, says in [
        ({"workers": 2}, "workers: must be 1: darts is one training"),
        ({"first": first}, "first: must be left out: darts is one training"),
        ({"seeds": {"training": 3}}, "seeds.training: must be left out"),
    ]:
        with pytest.raises(StudyError, match=says):
            validate({**good, **more}).check()
    validate(good).check()


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [10**400, -(10**400), "branin", "x1", "\0", "\ud800", "objective:f", "a:b:c", "float", "int", "random"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_check_raises_nothing_but_a_study_error(data):
    """Any value at any place of a study."""
    row = yaml.safe_load(GOOD)
    place, keys = row, []
    while True:  # a random place
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
        else:
            break
    place[key] = data.draw(HOSTILE)
    try:
        study = validate(row)
        study.check()
        study.to_yaml()
    except StudyError as error:
        assert "\n" not in str(error)


def test_another_librarys_word_among_the_settings_is_told_ours(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace("resolution: 2", "n_trials: 2", 1))
    with pytest.raises(StudyError, match=r"n_trials: grid has no such setting; say how many trials with trials=40"):
        load_study(path)


@pytest.mark.parametrize("name", ["successive-halving", "hyperband", "asha", "bohb", "dehb", "priorband"])
def test_rungs_end_at_the_studys_full_effort(name, tmp_path):
    """As in a search with the same fidelity: no trial is trained for longer than the study says."""
    text = f"""
schema: nasbook/study@1
name: rungs
task: {{name: "objective:f"}}
space:
  x: {{type: float, low: 0, high: 1}}
method: {{name: {name}}}
fidelity: {{unit: epoch, min: 2, max: 18}}
budget: {{trials: 40}}
"""
    (tmp_path / "objective.py").write_text("def f(config, fidelity):\n    return config['x']\n")
    at = tmp_path / "study.yaml"

    def read(old="", new=""):
        at.write_text(text.replace(old, new))
        return load_study(at)

    assert read().make_method().settings.levels == (2, 6, 18)
    with pytest.raises(
        StudyError, match=r"can be trained for 2 to 18 epochs, not for min_fidelity=2 to max_fidelity=27"
    ):
        read(f"{{name: {name}}}", f"{{name: {name}, settings: {{max_fidelity: 27}}}}")
    with pytest.raises(StudyError, match=r"budget.trials: .*trials=1 is too few"):
        read("trials: 40", "trials: 1")
