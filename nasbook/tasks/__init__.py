"""What is searched: functions with a known optimum, real trainings, and tables of finished ones."""
