"""Hyperparameter optimisation: one file a method."""
