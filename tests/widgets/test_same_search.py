"""A search in a lab is the search of `nasbook.search`: the same trials, the same values, in the same order."""

import pytest
from supernet_strategies import TASK_OF
from widgets.simple_lab import DotsLab

import nasbook
from nasbook import registry
from nasbook.estimate import estimator
from nasbook.method import OneShot
from nasbook.prepare import as_method

SMALL = {  # a task for each method that cannot search branin, and settings that make it quick
    "hypergradient": ("ridge-digits", {}, {"epochs": 3, "steps": 2}),
    "pbt": ("digits-mlp", {"epochs": 2, "train": 60}, {"population": 3}),
    "network-morphism": ("digits-conv-chain", {}, {}),
    "nes": ("digits-pool", {}, {"pool": 6, "population": 3}),
    "reptile": ("digits-few-shot", {}, {}),
    **{name: (task, {}, {"epochs": 1, "channels": 2}) for name, task in TASK_OF.items()},
    "autogan": ("digits-gan", {}, {"epochs": 2, "steps": 2, "ctrl_steps": 2, "images": 20, "channels": 2}),
    "compound": ("digits-compound", {"epochs": 1, "train": 50, "phi": 1}, {}),
    "nsga2": ("nb201-cifar10-latency", {}, {}),
    "parego": ("nb201-cifar10-latency", {}, {}),
    "rgpe": ("nb201-cifar10", {}, {}),
}
DEAR = {"network-morphism", "reptile"}  # train for minutes; `train` is the same for every one-shot method
CELLS = ("regularized-evolution", "local-search", "bananas", "reinforce", "ppo")
BY_EPOCHS = ("successive-halving", "hyperband", "asha", "bohb", "dehb", "median-stopping")


def task_of(name):
    if name in SMALL:
        return SMALL[name]
    if name in BY_EPOCHS:
        return "digits-hpo-messy", {}, {}
    return ("nb201-cifar10" if name in CELLS else "branin"), {}, {}


LABS = {  # the lab, its settings: every method that can be chosen in it
    **{f"halving {m} {k}": ("halving", {"method": m, "workers": k, "trials": 45})
       for m in ("successive-halving", "hyperband", "asha", "bohb", "dehb", "median-stopping") for k in (1, 4)},
    **{f"bayesian {t}": ("bayesian", {"task": t, "trials": 7}) for t in ("forrester", "branin")},
    **{f"tpe {t}": ("tpe", {"task": t, "trials": 14}) for t in ("forrester", "branin")},
    **{f"evolution {m}": ("evolution", {"method": m, "trials": 40, "population": 6})
       for m in ("regularized-evolution", "genetic", "local-search")},
    **{f"controller {m}": ("controller", {"method": m, "trials": 50}) for m in ("reinforce", "ppo")},
    **{f"strategies {m}": ("strategies", {"method": m, "trials": 40})
       for m in ("cma-es", "differential-evolution", "genetic", "particle-swarm")},
    **{f"pareto {m}": ("pareto", {"method": m, "trials": 20}) for m in ("nsga2", "parego", "random")},
    **{f"surrogates {m}": ("surrogates", {"model": m, "trials": 25}) for m in ("forest", "pfn", "bananas")},
    "few-shot": ("few-shot", {"epochs": 2, "meta_steps": 1, "tasks": 1, "inner_steps": 2}),
    **{f"hardware {m}": ("hardware", {"method": m, "epochs": 3} if m != "nsga2" else {"method": m})
       for m in ("proxylessnas", "fbnet", "nsga2", "ofa")},
    **{f"growth {m}": ("growth", {"method": m, "rounds": 1, "networks": 4, "epochs": 1})
       for m in ("network-morphism", "cnn-differential-evolution")},
    **{f"weight-sharing {m}": ("weight-sharing", {"sampling": m, "epochs": 1, "data": "digits"})
       for m in ("spos", "fairnas", "enas")},
    "darts": ("darts", {"epochs": 2, "channels": 2}),
    **{f"relaxations {m}": ("relaxations", {"method": m, "seeds": 1, "epochs": 2, "channels": 4})
       for m in ("darts", "fair-darts", "snas", "gdas", "pc-darts", "p-darts")},
    "hypergradient": ("hypergradient", {"rounds": 5, "unroll": 3}),
    "pbt": ("pbt", {"population": 3, "epochs": 5}),
    "pipeline": ("pipeline", {"data": "wine", "trials": 4, "leak": True}),
    "explain tpe": ("explain", {"method": "tpe", "trials": 12}),
    "estimators": ("estimators", {"cells": 100, "which": "epochs"}),
}  # fmt: skip
# The methods that are searched in a lab of their own here.
PLAYED = {v.get("method", v.get("sampling", v.get("model", name))) for name, v in LABS.values()}


class AnyLab(DotsLab):
    """A lab of any method: what `Lab.search` gives every lab."""

    def __init__(self, method, task, arguments, settings, trials):
        self.of = method, task, arguments, settings, trials
        super().__init__()

    def prepare(self):
        super().prepare()
        name, task, arguments, settings, _ = self.of
        self.task = nasbook.task(task, **arguments)
        self.method = as_method(name, self.task.space, 5, settings, self.task.fidelity)

    def make_search(self):
        return self.search(self.method, self.task, trials=self.of[-1])

    def frame(self, n):
        return []

    def sentence(self, n):
        return f"Trial {n}."


@pytest.mark.parametrize("name", [e.name for e in registry.METHODS if e.name not in PLAYED | DEAR])
def test_every_method_searches_alike(name):
    task, arguments, settings = task_of(name)
    one_shot = issubclass(registry.find("method", name).load(), OneShot)
    trials = None if one_shot else 30 if name in BY_EPOCHS else 12
    lab = AnyLab(name, task, arguments, settings, trials)
    lab.runner.run()
    alike(lab.trace, nasbook.search(name, nasbook.task(task, **arguments), trials=trials, seed=5, **settings), lab.task)


def alike(trace, peer, task):
    assert trace.digest == peer.digest and len(trace) > 0
    assert trace.header.differences(peer.header) == []
    if task.knows_cost:
        assert [(t.start, t.end, t.cost) for t in trace.trials] == [(t.start, t.end, t.cost) for t in peer.trials]


@pytest.mark.parametrize("which", LABS)
def test_every_lab_searches_alike(which, monkeypatch):
    monkeypatch.setattr("nasbook.widgets.labs.weight_sharing.CELLS", 4)  # what it looks at beside the search
    name, values = LABS[which]
    lab = nasbook.lab(name, seed=3, **values)
    if name == "estimators":
        lab.step()  # the first estimator judges the cells: the trace is of its answers, not of the trainings
        return same(lab.trace, estimator(**lab.trace.header.arguments), trials=len(lab.trace))
    lab.run()
    one_shot = isinstance(lab.method, OneShot)
    return same(lab.trace, lab.task, trials=None if one_shot else lab.total)


def same(trace, task, **options):
    h = trace.header
    alike(
        trace,
        nasbook.search(h.method, task, space=h.space, seed=h.seed, workers=h.workers, **options, **h.settings),
        task,
    )


def test_every_racer_searches_alike():
    lab = nasbook.lab("race", methods=["tpe", "genetic", "local-search"], seeds=2, trials=12, seed=4)
    lab.run()
    for racers in lab.runs.values():
        for racer in racers:
            same(racer.trace, lab.task, trials=12)
    assert len(lab.runs) == 4


@pytest.mark.parametrize("opponent", ["random", "sobol", "bayesian", "cma-es", "differential-evolution"])
def test_both_players_of_the_game_search_alike(opponent):
    lab = nasbook.lab("game", opponent=opponent, trials=6, seed=3)
    lab.run()
    h = lab.opponent.header
    settings = {"trials": 6, "seed": h.seed, **h.settings}
    assert lab.opponent.digest == nasbook.search(opponent, lab.task, **settings).digest
    tried = [t.config for t in lab.trace.trials]
    assert lab.trace.digest == nasbook.search(opponent, lab.task, first=tried, **settings).digest


def test_the_edits_of_the_spaces_lab_are_a_search_of_what_is_tried_first():
    lab = nasbook.lab("spaces", seed=2)
    lab.step(5)
    tried = [t.config for t in lab.trace.trials]
    peer = nasbook.search("random", lab.known.table, first=tried, trials=5, seed=2)
    assert lab.trace.digest == peer.digest
    assert [t.end for t in lab.trace.trials] == [t.end for t in peer.trials]


def test_both_searches_of_the_transfer_lab_are_searches():
    lab = nasbook.lab("transfer", seeds=2, trials=10, known=10, seed=1)
    lab.step()
    trace = lab.steps[0].trace
    same(trace, nasbook.task(lab.values["target"]), trials=10)
