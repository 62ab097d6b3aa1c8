"""The hardware lab: prices move probabilities, caps choose among what was found, and its points are looked up again."""

import re

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.hpo.parts.pareto import front
from nasbook.nas.spaces.chain_supernet import LATENCIES
from nasbook.trace import Trace
from nasbook.widgets.labs import hardware
from nasbook.widgets.labs.hardware import HardwareLab, by_name, counted, nsga2_front


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def test_a_higher_price_expects_less_and_searches_before_stay_in_the_picture():
    lab, ends = HardwareLab(epochs=6, seed=1), []
    for price in (0.0, 10.0):
        lab.set(price=price)
        assert "starts again" in words(lab._status)
        trace = lab.run()
        assert trace.header.settings["price"] == price and lab.error is None
        ends.append(lab.steps[-1].view.expected_cost)
        assert lab.course.state.expected[-1] == ends[-1]
        assert lab.points[-1] == by_name()[tuple(trace.trials[-1].config.values())]
        assert f"{ends[-1]:,.0f} µs are expected" in words(lab._sentence)
    assert ends[1] < ends[0]
    assert [name for name, _ in lab.course.state.earlier] == ["λ 0"]
    assert_legible(lab.plane.fig or lab.live.picture.fig)
    p = np.array(lab.steps[-1].view.weights)
    np.testing.assert_allclose(ends[1], 300 + (p @ [LATENCIES[op] for op in lab.tags.ops]).sum())


def test_a_cap_rings_the_best_that_keeps_it_and_restarts_nothing():
    lab = HardwareLab(method="nsga2")
    lab.run()
    for cap in (500, 1500, 5000):
        lab.set(cap=cap)
        kept = [t.values[0] for t in lab.trace.trials if t.values[1] <= cap]
        assert len(lab.steps) == 100
        if kept:
            assert lab.best(100)["error"] == min(kept)
            assert lab.plane.state.best[1] == min(kept) and f"{100 * min(kept):.1f} % error" in lab.plane.sentence()
        else:
            assert lab.plane.state.best is None and "nothing so far" in lab.plane.sentence()
    assert lab.tags.sentence() == "Shares of the population"
    members = [t.config["block_1"] for t in lab.steps[-1].view.population]
    assert lab.tags.p[0].tolist() == [members.count(op) / len(members) for op in lab.tags.ops]
    for axis, unit in (("flops", "FLOPs of one image"), ("parameters", "parameters"), ("latency", "µs")):
        lab.set(axis=axis)
        assert unit in lab.plane.alt() and len(lab.steps) == 100
        assert lab.plane.state.found[-1][0] == lab.points[-1][axis]


def test_the_front_beside_it_is_the_one_that_nsga2_finds():
    trace = nasbook.search("nsga2", "digits-mbconv-table", trials=100, seed=3)
    Y = np.unique([t.values for t in trace.trials], axis=0)
    found = {(p["error"], p["latency"], p["parameters"]) for p in nsga2_front(3)}
    assert found == {tuple(y) for y in Y[front(Y)]}


def test_flops_mislead_in_the_picture_as_they_do_in_the_table():
    points = counted()
    assert points["mb3e2"][0] < points["conv3x3"][0] and points["mb3e2"][1] > 2 * points["conv3x3"][1]
    assert points["conv5x5"][0] > points["mb3e6"][0] and points["conv5x5"][1] < points["mb3e6"][1] / 4
    lab = HardwareLab(method="nsga2", measured=True)
    assert set(hardware.here()) == set(LATENCIES) and "Measured here: " in lab.live.picture.alt()


def test_other_networks_are_measured_and_their_settings_are_off():
    lab = HardwareLab(method="ofa", epochs=3)
    lab.step()
    assert lab.points[0]["latency"] > 0 and lab.points[0]["flops"] > 100_000
    assert "as the shared weights judge it" in lab.begin() and "stage 1 of 6" in words(lab._sentence)
    with pytest.raises(ValueError, match="Only ProxylessNAS and FBNet have a price"):
        lab.set(price=0.5)


def test_saved_loaded_drawn_exported_and_run_it_is_the_same_search(tmp_path):
    from nasbook.scale import load_study, run

    lab = HardwareLab(method="proxylessnas", epochs=3, price=0.5, seed=2)
    trace = lab.run()
    loaded = Trace.load(trace.save(tmp_path / "t.jsonl"))
    assert loaded.plot().alt == trace.plot().alt
    study = loaded.export(tmp_path / "study.yaml")
    again = run(load_study(study), out=tmp_path / "run")
    assert [t.config for t in again.trials] == [t.config for t in trace.trials]
    assert again.header.settings["price"] == 0.5
