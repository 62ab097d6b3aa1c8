"""Hyperparameter optimisation: one file a method; parts/ holds what several of them are made of.

    random.py                  random
    grid.py                    grid
    qmc.py                     sobol, halton, latin-hypercube
    bayesian.py                bayesian
    forest.py                  forest
    pfn.py                     pfn
    tpe.py                     tpe
    genetic.py                 genetic
    differential_evolution.py  differential-evolution
    cma_es.py                  cma-es
    particle_swarm.py          particle-swarm
    nsga2.py                   nsga2
    parego.py                  parego
    hypergradient.py           hypergradient
    median_stopping.py         median-stopping
    successive_halving.py      successive-halving
    hyperband.py               hyperband
    asha.py                    asha
    freeze_thaw.py             freeze-thaw
    bohb.py                    bohb
    dehb.py                    dehb
    priorband.py               priorband
    pbt.py                     pbt

`nasbook about NAME` says where the parts of a method are.
"""
