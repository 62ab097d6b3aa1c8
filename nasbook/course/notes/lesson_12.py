"""Lesson 12, weight sharing, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="12",
    objective="They can explain how one supernet judges thousands of architectures, what its ranking is worth, and "
    "when it pays.",
    misconception="The supernet's score is the network's quality.",
    asks=(
        Ask(
            "12.q1",
            "Whose mean does a batch norm remember, if a thousand different paths came by?",
            "Nobody's: that is the answer that you want before the number.",
        ),
        Ask(
            "12.q2",
            "What would you have to beat before you call a ranking good?",
            "Wait for a trivial count. If nobody says it, ask what the largest cell would score.",
        ),
        Ask(
            "12.q3",
            "1,200 uniform draws: how uneven are thirty counts?",
            "Those who say equal think of the mean; those who say double forget how many draws there are.",
        ),
        Ask(
            "weight-sharing",
            "What moves in the scatter when the batch norms are recalibrated, if no weight does?",
            "Only the losses. Let them point at a cell.",
        ),
        Ask(
            "12.q4",
            "Everything is judged nearly for free. Should the found cell not be better than random search "
            "at equal cost?",
            "Ask what evolution optimises: the truth, or the supernet's opinion.",
        ),
    ),
    parts=(
        Part("", 3, ("One path learns at a step; nothing else does.",)),
        Part(
            "Predict first",
            6,
            (
                "The weights are the same on both sides of the picture.",
                "A trend: among the good cells, where a search ends, the order is loose.",
            ),
        ),
        Part("A rival that has learned nothing", 5, ("On plain digits the count of 3×3 convolutions ranks better.",)),
        Part("Fair or uniform", 5, (), skip="Show the table of counts."),
        Part("Play", 8, (), skip="Three minutes on the projector: recalibrate off and on."),
        Part("Does it pay?", 6, ("240 steps alone, 4 to judge a path: the ratio decides.",)),
        Part(
            "ENAS: a reward that rises",
            3,
            ("What rises is the skill of the shared weights on the paths that are drawn most.",),
            skip="Show the printed lines: reward and truth.",
        ),
        Part("SCARLET-NAS: a skip that learns", 2, (), skip="Leave it to 12.merge."),
        Part("Exercises", 19, ("12.tau first: it is the number that the whole lesson uses.",), skip="Only 12.tau."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("That weight sharing fails: a cell here trains in about a second.",)),
    ),
    mishaps=(
        Mishap(
            "12.q2",
            "What has learned is expected to beat a count.",
            "What does the count know about the truth of this table?",
            "the supernet's, τ more than 0.1 above",
        ),
        Mishap(
            "12.q4",
            "Free judgements are taken for good ones.",
            "The best of the judged cells was seen and not recognised. By what was it judged?",
            "above 95 of 100",
        ),
        Mishap(
            "12.tau",
            "Ties are counted as disagreement.",
            "What is the τ of a constant score?",
            "import numpy as np\n"
            "\n"
            "def tau(scores, truth):\n"
            "    i, j = np.triu_indices(len(scores), 1)\n"
            "    return float(2 * np.mean((scores[i] - scores[j]) * (truth[i] - truth[j]) > 0) - 1)",
        ),
        Mishap(
            "12.fair",
            "Every entry is drawn by itself.",
            "Count how often each operation stands in a column.",
            "def fair_paths(places, ops, rng):\n    return rng.integers(ops, size=(ops, places))",
        ),
        Mishap(
            "12.fair",
            "One order is used at every place.",
            "Look at a row: may it hold different operations?",
            "import numpy as np\n"
            "\n"
            "def fair_paths(places, ops, rng):\n"
            "    return np.tile(rng.permutation(ops)[:, None], places)",
        ),
        Mishap(
            "12.merge",
            "The 1×1 kernel is used the wrong way round.",
            "Which of the two comes first, and over which index are they summed?",
            "import numpy as np\n\ndef merge(W2, W1):\n    return np.einsum('oihw,ci->ochw', W2, W1)",
        ),
    ),
)
