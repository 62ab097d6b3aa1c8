"""Estimating how good a configuration is for less than the price of its training."""

from nasbook.estimate.estimator import Estimator, estimator

__all__ = ["Estimator", "estimator"]
