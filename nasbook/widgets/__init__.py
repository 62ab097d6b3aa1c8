"""Labs: controls around a search and its picture. `nasbook.lab(name)` shows one; shell.py says how one is made."""
