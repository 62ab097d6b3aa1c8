"""What a teacher needs: a folder for a class, and a report on it."""
