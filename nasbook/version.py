"""The version of nasbook, which traces and studies keep."""

__version__ = "0.2.0"
