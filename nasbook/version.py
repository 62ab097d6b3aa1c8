"""The version of nasbook, which traces and studies keep."""

__version__ = "0.1.0.dev0"
