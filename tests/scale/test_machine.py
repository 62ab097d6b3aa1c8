"""The GPUs and threads of a machine are shared between workers."""

import os

import pytest
from scale.starting import starts

from nasbook.scale import RunError, load_study, run
from nasbook.scale.machine import gpus_of


def test_workers_are_told_how_many_threads_they_have(study, tmp_path):
    path = study("threads", 1, "resources: {cpus: 3, device: cpu}")
    run(path, tmp_path / "out")
    assert starts(path) == [{"threads": "3", "gpus": ""}]
    assert os.environ.get("OMP_NUM_THREADS") != "3"


def test_half_a_gpu_each_means_that_two_share_one(study, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    path = study("square", 4, "workers: 4\nresources: {gpus: 0.5}")
    seen = [gpus_of(load_study(path), i)["CUDA_VISIBLE_DEVICES"] for i in range(4)]
    assert seen == ["4", "4", "7", "7"]
    path = study("square", 4, "workers: 2\nresources: {gpus: 2}")
    assert gpus_of(load_study(path), 0)["CUDA_VISIBLE_DEVICES"] == "4,7"
    with pytest.raises(RunError, match="2 workers with 2 GPUs each are more than the 2 GPUs here"):
        gpus_of(load_study(path), 1)


def test_a_study_for_cuda_does_not_run_on_the_cpu_unnoticed(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(RunError, match="the study's device is cuda, but this machine shows no GPU"):
        run(study("square", 2, "resources: {device: cuda}"), tmp_path / "a")
    run(study("square", 2, "resources: {gpus: 0.5}"), tmp_path / "b", progress=True)
    assert "this machine shows none: its trials run on the CPU" in capsys.readouterr().err
