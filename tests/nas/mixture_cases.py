"""Short settings for the tests of DARTS' relatives."""

SHORT = {"epochs": 3, "channels": 4, "batch": 50, "device": "cpu"}
