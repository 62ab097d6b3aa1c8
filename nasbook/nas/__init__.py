"""Neural architecture search: one file a strategy; parts/ holds what several are made of, spaces/ what is searched.

    compound.py                    compound
    regularized_evolution.py       regularized-evolution
    cnn_differential_evolution.py  cnn-differential-evolution
    local_search.py                local-search
    bananas.py                     bananas
    rgpe.py                        rgpe
    reinforce.py                   reinforce
    ppo.py                         ppo
    staged.py                      staged
    network_morphism.py            network-morphism
    nes.py                         nes
    reptile.py                     reptile
    darts.py                       darts
    pc_darts.py                    pc-darts
    fair_darts.py                  fair-darts
    p_darts.py                     p-darts
    spos.py                        spos
    fairnas.py                     fairnas
    scarlet.py                     scarlet
    ofa.py                         ofa
    enas.py                        enas
    gdas.py                        gdas
    snas.py                        snas
    fbnet.py                       fbnet
    proxylessnas.py                proxylessnas
    autogan.py                     autogan

`nasbook about NAME` says where the parts of a method are.
"""
