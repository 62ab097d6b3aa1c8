"""AutoML: pipelines of scikit-learn as a space and a task, three honest numbers, and the winner as code.

table.py      cells of a CSV as numbers, dates and categories; stands alone on NumPy
inputs.py     where a table comes from
kinds.py      what its columns are
data.py       a table checked and taken for what it holds: features, target, groups, time
space.py      preparation, features, model and their settings as one conditional space
build.py      a configuration as a Pipeline of scikit-learn
splits.py     an untouched test, and folds
divided.py    a task on rows that are divided; losses.py: what is minimised
evaluate.py   the task: cross-validation with out-of-fold predictions kept, and an untouched test
ensemble.py   what a search has tried, together: greedy selection, bagged or stacked, with its three numbers
sizes.py      these of greedy ensembles of 1, 2, … members
predictions.py  out-of-fold predictions, beside a trace
honest.py     the search's own number, the nested one, the test
voting.py     probabilities from any classifier; stands alone on NumPy and scikit-learn
program.py    an estimator as a source file that needs no nasbook
write.py      the winner as such a file
together.py   the ensemble as such a file
"""
