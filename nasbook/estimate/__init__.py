"""Estimating how good a configuration is for less than the price of its training."""
