"""The spaces of other programs, read as data: one file for each program, which says what it cannot carry over."""
