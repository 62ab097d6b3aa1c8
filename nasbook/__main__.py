"""`python -m nasbook` is the command `nasbook`."""

import sys

from nasbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
