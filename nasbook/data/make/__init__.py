"""What made the tables in nasbook/data. It is not part of the wheel."""
