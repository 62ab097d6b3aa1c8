"""`python -m nasbook.cli` is the command `nasbook`, too."""

import sys

from nasbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
