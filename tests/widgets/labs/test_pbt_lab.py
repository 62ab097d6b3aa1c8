"""The PBT lab: its search is the library's, its sentence tells the copies, and copying off means trainings alone."""

import re

import pytest

import nasbook
from nasbook.hpo.parts.schedules import schedule
from nasbook.task import trial_seed
from nasbook.widgets.labs.pbt import TRAIN, PBTLab, lab_space

SMALL = {"population": 4, "epochs": 5, "seed": 1}


@pytest.fixture(scope="module")
def ended():
    lab = PBTLab(**SMALL)
    lab.run()
    return lab


def test_the_search_is_the_one_that_nasbook_makes(ended):
    assert ended.total == 5 and len(ended.steps) == 5 and {len(s) for s in ended.steps} == {4}
    task = nasbook.task("digits-mlp", epochs=5, train=TRAIN)
    peer = nasbook.search("pbt", task, space=lab_space(), seed=1, population=4)
    assert ended.trace.digest == peer.digest and ended.trace.header.differences(peer.header) == []


def test_the_sentence_tells_who_copied_whom_and_the_new_learning_rate(ended):
    copy = next(t for t in ended.trace.trials if "copied_from" in t.info)
    ended.scrub(int(copy.fidelity))
    words = ended._sentence.value
    who, donor = copy.info["member"] + 1, copy.info["copied_from"] + 1
    assert f"Member {who} became a copy of {donor} with learning rate" in words
    old, new = ended.trace.trials[copy.info["parent"]].config["lr"], copy.config["lr"]
    told = float(re.search(r"with learning rate (?:[\d.]+ × [\d.]+ = )?(\d\.\d+)", words)[1])
    assert told == pytest.approx(new, rel=0.01) and (
        ("×" in words) == (new / old == pytest.approx(1.2) or new / old == pytest.approx(0.8))
    )
    ended.scrub(5)


def test_the_picture_has_the_winners_schedule(ended):
    _, stages = schedule(ended.trace)
    assert ended.schedule.values == [(s.epoch, s.config["lr"]) for s in stages]
    assert ended.lanes.descent() in ended.image.alt


def test_without_copying_the_same_starts_train_alone():
    lab = PBTLab(**SMALL)
    lab.run()
    starts = [t.config for t in lab.trace.trials[:4]]
    copied = lab.trace.best.value
    assert "What do the same starts reach without it?" in lab._sentence.value
    lab.controls["exploit"].value = False
    assert lab.steps == [] and all(lab.controls[n].disabled for n in ("quantile", "factors", "resample"))
    lab.run()
    assert [t.config for t in lab.trace.trials[:4]] == starts == [t.config for t in lab.trace.trials[-4:]]
    for i in range(4):
        found = lab.task.evaluate(starts[i], seed=trial_seed(1, i))
        assert found.value == lab.trace.trials[16 + i].value
    assert "4 members, none a copy of another" in lab.image.alt
    assert f"with it, from the same starts: {100 * (1 - copied):.1f} %" in lab._sentence.value


def test_controls_change_what_is_searched_and_shown(ended):
    lab = PBTLab(**SMALL, interval=2, quantile=0.5, moves="all", factors=(2.0, 0.5), resample=0.0)
    assert lab.total == 3 and not lab.controls["below"].disabled
    lab.run()
    copy = next(t for t in lab.trace.trials if "copied_from" in t.info)
    ratio = copy.config["lr"] / lab.trace.trials[copy.info["parent"]].config["lr"]
    assert ratio in (2.0, 0.5) and "momentum" in copy.config and copy.config["batch"] != 16
    before = lab.image.png
    lab.controls["below"].value = "dropout"
    assert lab.steps and lab.schedule.sentence().startswith("dropout of the best") and lab.image.png != before
    before = lab.image.png
    lab.controls["colour"].value = "founder"
    assert lab.image.png != before
    lab.controls["moves"].value = "lr"
    assert lab.steps == [] and lab.controls["below"].disabled and lab.parameter == "lr"


def test_members_with_networks_of_their_own_and_divergence_are_told():
    lab = PBTLab(population=3, epochs=5, moves="network", seed=3)
    trace = lab.run()
    assert len({t.config["width"] for t in trace.trials[:3]}) == 3
    assert lab.error is None and "Epoch 5" in lab._sentence.value


def test_the_study_of_a_population_is_as_long_as_its_epochs(ended):
    ended.files.export.click()
    assert "trials" not in ended.files.fields and ended.files.fields["epochs"].value == 5
    assert "20 trials" in ended.files.cost.value  # four members, five rounds
