"""Words of other libraries get a sentence with ours."""

import pytest
from searched import SPACE, square

from nasbook.hpo.random import RandomSearch
from nasbook.search import search


@pytest.mark.parametrize(
    ("word", "ours"),
    [("maximise", "values are minimised"), ("maximize", "values are minimised"), ("direction", "values are minimised"),
     ("mode", "values are minimised"), ("n_jobs", "nasbook run"), ("n_trials", "trials=40"), ("max_evals", "trials=40"),
     ("num_samples", "trials=40"), ("callbacks", "on_step="), ("metric", "metrics="), ("random_state", "seed=0")],
)  # fmt: skip
def test_other_libraries_words_get_a_sentence_with_ours(word, ours):
    for method in ("tpe", RandomSearch, RandomSearch(SPACE), "darts"):
        with pytest.raises(ValueError, match=f"^there is no argument '{word}' here: .*{ours}"):
            search(method, square, space=SPACE, trials=3, **{word: 1})


def test_a_word_that_is_a_setting_of_the_method_stays_one():
    assert search("hypergradient", "ridge-digits", trials=1, mode="reverse").header.settings["mode"] == "reverse"
