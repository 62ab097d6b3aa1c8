"""Lesson 20, reading a search, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="20",
    objective="They can say whether a difference is more than luck, what a search promises too much, and what its "
    "winner owes to each setting.",
    misconception="One run proves it.",
    asks=(
        Ask(
            "20.q1",
            "You run each method once. How often does the better one lose?",
            "Those who have read many papers guess low.",
        ),
        Ask(
            "20.q2",
            "A difference of one point: how many seeds would a careful colleague ask for?",
            "Let them name what they have seen in papers.",
        ),
        Ask(
            "statistics",
            "With three seeds, will the winner stay the same from draw to draw?",
            "Play it before anybody explains an interval.",
        ),
        Ask(
            "20.q4",
            "The search goes on and its best number falls. Does the promise get truer?",
            "Longer is safer, they think. The gap is the answer.",
        ),
        Ask(
            "20.q5",
            "Width brought most when it was changed first. And last?",
            "Whoever says the same thinks that settings add up.",
        ),
        Ask(
            "explain",
            "Which setting would you blame for this trial, before the bars appear?",
            "Click a bad trial, not the best one: blame is easier to argue about.",
        ),
    ),
    parts=(
        Part("", 2, ("One run shows one of the things that could have happened.",)),
        Part("One seed", 4),
        Part("Many seeds: what can be said", 3, ("Sure and small: look at tpe before genetic.",)),
        Part("How many seeds does a claim need?", 4),
        Part("Play: draw seeds", 8, ("Three seeds, then forty: watch the intervals.",)),
        Part("Validation against test: over-tuning", 5, ("Nothing was trained longer: the choice was fitted.",)),
        Part("The winner's curse", 4, ("What helps: an untouched test, the winner trained again.",)),
        Part(
            "Nested cross-validation",
            2,
            ("It judges the procedure, not the candidate.",),
            skip="Leave it to exercise 20.nested.",
        ),
        Part(
            "Explain what was found",
            6,
            ("Against what? That has to be answered first.",),
            skip="Do the prediction; leave the pictures.",
        ),
        Part("Without a table", 4, (), skip="Leave it out."),
        Part("Play: click what you want explained", 7, (), skip="Leave it for home."),
        Part(
            "What does the network look at?",
            2,
            ("A second training of the same cell disagrees, too.",),
            skip="Leave it out.",
        ),
        Part("Exercises", 25, ("20.paired and 20.holm are what `compare` does.",), skip="Only 20.paired."),
        Part("Take it to full scale", 1, ("Write the number of seeds down before the first result.",)),
        Part("What this did not show", 3, ("Fifty seeds of one table say nothing about the next table.",)),
    ),
    mishaps=(
        Mishap(
            "20.q1",
            "The better mean is expected to win nearly always.",
            "Look at the ranges of the 50 ends: how far do they overlap?",
            "in less than a tenth of the seeds",
        ),
        Mishap(
            "20.q2",
            "A point is thought to be large.",
            "How large is the spread between two seeds of one method?",
            "fewer than 10",
        ),
        Mishap(
            "20.q4",
            "More trials are thought to make the number truer.",
            "Of how many noisy numbers is it the lowest?",
            "it shrinks with more trials",
        ),
        Mishap(
            "20.q5",
            "Settings are thought to add up.",
            "What is width worth when dropout and depth are already right?",
            "within 2 points the same",
        ),
        Mishap(
            "20.nested",
            "The candidate is chosen with the outer fold in sight.",
            "Which points may the inner folds use?",
            "import numpy as np\n"
            "\n"
            "def nested(error, candidates, n, k):\n"
            "    def cv(candidate):\n"
            "        return np.mean([error(candidate, np.setdiff1d(np.arange(n), test), test)\n"
            "                        for test in np.array_split(np.arange(n), k)])\n"
            "    return min(cv(c) for c in candidates)",
        ),
        Mishap(
            "20.paired",
            "One side is counted.",
            "Would you have been as surprised by the opposite?",
            "import numpy as np\n"
            "from itertools import product\n"
            "from scipy.stats import rankdata\n"
            "\n"
            "def signed_rank(a, b):\n"
            "    d = a - b\n"
            "    d = d[d != 0]\n"
            "    ranks = rankdata(np.abs(d))\n"
            "    W = ranks[d > 0].sum()\n"
            "    sums = np.array([ranks @ np.array(s) for s in product((0, 1), repeat=len(d))])\n"
            "    return (sums <= W + 1e-9).mean()",
        ),
        Mishap(
            "20.holm",
            "Every p is multiplied by m: that is Bonferroni.",
            "What is the second smallest multiplied by?",
            "import numpy as np\n\ndef correct(p):\n    return np.minimum(1, len(p) * p)",
        ),
        Mishap(
            "20.holm",
            "A larger p ends below a smaller one.",
            "Sort your answer by p: does it ever fall?",
            "import numpy as np\n"
            "\n"
            "def correct(p):\n"
            "    m, order = len(p), np.argsort(p)\n"
            "    out = np.empty(m)\n"
            "    out[order] = np.minimum(1, (m - np.arange(m)) * p[order])\n"
            "    return out",
        ),
        Mishap(
            "20.shapley",
            "Each setting is added to nothing, and to no other set.",
            "Do your values add up to v(all) − v(none)?",
            "def shapley(value, n):\n    return [value(frozenset({i})) - value(frozenset()) for i in range(n)]",
        ),
    ),
)
