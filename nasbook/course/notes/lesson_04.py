"""Lesson 04, TPE and conditional spaces, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="04",
    objective="They can say what l and g are made of, choose the next trial from them, and say why conditions are no"
    " trouble for TPE.",
    misconception="Bayesian optimisation is a Gaussian process.",
    asks=(
        Ask(
            "04.q1",
            "More and worse trials are called good now. Does the density of the good ones get flatter?",
            "The quick answer is yes. Ask how wide a bump is, and how many there are.",
        ),
        Ask(
            "tpe",
            "Why does TPE not simply try where good trials are most frequent?",
            "Somebody will say that the others may be frequent there, too: that is the ratio.",
        ),
        Ask(
            "04.q2",
            "What should a model of `degree` learn from a trial with a linear kernel?",
            "Nothing, says TPE. A Gaussian process has to put a number there; ask which one.",
        ),
    ),
    parts=(
        Part("", 2, ("The question is turned round: not what value x has, but where the good ones lie.",)),
        Part(
            "Predict first",
            9,
            (
                "A bump is as wide as the gaps beside it: few points, wide bumps.",
                "A ratio is large where l is large or where g is small.",
            ),
        ),
        Part(
            "Spaces with conditions",
            9,
            ("Read the printed `nan`: it is what a parameter that does not exist looks like.",),
        ),
        Part(
            'The misconception: "Bayesian optimisation is a Gaussian process"',
            7,
            ("The loop stays, the belief changes: three beliefs here, a fourth in the lab.",),
            skip="Show the three printed lines; leave the lab of the forest for home.",
        ),
        Part(
            "Exercises",
            11,
            ("Both are a few lines of parzen.py and tpe.py.",),
            skip="Only 04.choice, which is the decision itself.",
        ),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 1, ("Two tasks do not rank TPE and the Gaussian process.",)),
    ),
    mishaps=(
        Mishap(
            "04.q1",
            "Worse trials are thought to smear the density.",
            "Count the bumps, and look at how wide each one is.",
            "it gets wider: worse trials are in it",
        ),
        Mishap(
            "04.q2",
            "All trials are counted, although the parameter does not exist in most.",
            "In which kernels does a degree exist, and how often was each tried?",
            "from 30 or more",
        ),
        Mishap(
            "04.density",
            "The prior and the cut at 0 and 1 are forgotten.",
            "What is the area under your density on [0, 1]? And what is it without any point?",
            "from scipy.stats import norm\n"
            "\n"
            "def density(x, points, widths):\n"
            "    return sum(norm.pdf(x, m, s) for m, s in zip(points, widths)) / len(points)",
        ),
        Mishap(
            "04.choice",
            "The candidate with the largest l is taken.",
            "What if the other trials are just as frequent there?",
            "import math\n"
            "import numpy as np\n"
            "\n"
            "def next_point(x, values, candidates, gamma, density):\n"
            "    k = min(math.ceil(gamma * len(x)), 25)\n"
            "    return candidates[np.argmax(density(x[np.argsort(values)[:k]], candidates))]",
        ),
        Mishap(
            "tpe",
            "The two γ are confused.",
            "One is TPE's share of good trials, the other a setting of the SVM's kernel; the lesson says it in "
            "brackets.",
        ),
    ),
)
