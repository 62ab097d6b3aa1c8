"""Lesson 16, AutoGAN, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="16",
    objective="They can say what the Inception Score measures, why few images score too low, and how far such a "
    "reward can be trusted.",
    misconception="A reward is exact.",
    asks=(
        Ask(
            "16.q1",
            "Nothing in the generator changes. Can its score change with the number of images?",
            "Most grant noise, but the same mean. Ask what ten images do to the mean of the predictions.",
        ),
        Ask(
            "16.q2",
            "A perfect generator, ten images: which digits do you get?",
            "Throw a ten-sided die in the room, ten times, and count the faces.",
        ),
        Ask(
            "gan",
            "What will the controller learn from a reward of ten images?",
            "From luck, for the most part. Look at the black dots.",
        ),
    ),
    parts=(
        Part(
            "",
            3,
            (
                "Sharp for each image, flat over all of them.",
                "Noise does not score 1: read a score beside real digits and beside noise.",
            ),
        ),
        Part("Predict first", 11, ("Two questions: with the generator, and with the generator taken out of it.",)),
        Part(
            "Growing",
            11,
            ("All generators share their weights: a score is not that of a training alone.",),
            skip="Four minutes on the projector, with 10 images a reward.",
        ),
        Part("Exercises", 17, ("16.report is the habit that this lesson wants.",), skip="Only 16.score."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("A generator that draws one fine image of each digit scores 10.",)),
    ),
    mishaps=(
        Mishap(
            "16.q1",
            "A mean is thought to be right with any number of images.",
            "Is the score a mean, or a function of a mean?",
            "they agree, within two standard errors",
        ),
        Mishap(
            "16.q2",
            "Perfect is taken for a score of ten.",
            "Are all ten digits among ten random ones?",
            "10, as it must be",
        ),
        Mishap(
            "16.score",
            "0 log 0 gives nan.",
            "What shall 0 log 0 be? The prompt says it.",
            "import numpy as np\n"
            "\n"
            "def inception_score(p):\n"
            "    mean = p.mean(0)\n"
            "    return float(np.exp((p * np.log(p / mean)).sum(1).mean()))",
        ),
        Mishap(
            "16.score",
            "The entropy of the mean alone is used.",
            "What does your score say of images that look like nothing, but like nothing in ten different ways?",
            "import numpy as np\n"
            "from scipy.special import xlogy\n"
            "\n"
            "def inception_score(p):\n"
            "    mean = p.mean(0)\n"
            "    return float(np.exp(-xlogy(mean, mean).sum()))",
        ),
        Mishap(
            "16.report",
            "The deviation of one score is given, not the error of the mean.",
            "Does your number shrink when you score more often?",
            "import numpy as np\n\ndef report(scores):\n    return np.mean(scores), np.std(scores, ddof=1)",
        ),
    ),
)
