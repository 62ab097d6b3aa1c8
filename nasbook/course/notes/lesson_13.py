"""Lesson 13, DARTS and its relaxations, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="13",
    objective="They can explain the mixed operation and its two levels, tell six relaxations apart, and say what one"
    " search tells.",
    misconception="The largest α marks the best network.",
    asks=(
        Ask(
            "13.q1",
            "The supernet gets better with every epoch. What about the cell that it would derive?",
            "Few doubt that both rise. Draw two curves on the board and let them lock.",
        ),
        Ask(
            "darts",
            "Which operation is useful from the very first step, before anything has learned?",
            "The one without weights. That sentence is the likely reason behind the lesson.",
        ),
        Ask(
            "13.q2",
            "A low temperature makes a sample sharp. Does it also make the favourite win more often?",
            "Sharp and frequent are confused by nearly everybody.",
        ),
        Ask(
            "13.q4",
            "Half of the channels pass by anyhow. What does a pool have to offer then?",
            "Less than before. Whether that shows in ten seeds is the question.",
        ),
    ),
    parts=(
        Part("", 3, ("Two levels: α for weights that were trained with this α.",)),
        Part(
            "Predict first",
            9,
            (
                "All ten rise on the left; on the right a line jumps when an edge changes its mind.",
                "It does not say that it gets worse: 11 of 26 end below their epoch 3.",
            ),
        ),
        Part(
            "Play: one search", 7, ("A step is an epoch, about half a second.",), skip="Play one seed on the projector."
        ),
        Part(
            "The second order",
            4,
            ("A Hessian times a vector is two gradients.",),
            skip="Show the last formula; exercise 13.hvp is this line.",
        ),
        Part("One choice, relaxed in six ways", 4, ("Read the middle column: what an edge computes.",)),
        Part("Gumbel samples", 7, ("Which is largest follows p at any τ; the mixture does not.",)),
        Part(
            "Ten seeds each",
            9,
            ("Standard errors beside every number; one of six comparisons may lie beyond two by chance.",),
        ),
        Part(
            "Repairs",
            4,
            ("A rule read off one task can harm on another: look at textures.",),
            skip="Leave the table for home.",
        ),
        Part("Play: the family", 7, (), skip="Leave it for home."),
        Part(
            "Exercises",
            22,
            ("13.hvp is a bug that lived for years in well-known code: the accuracy barely moved.",),
            skip="Only 13.gumbel and 13.hvp.",
        ),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 3, ("No order of these methods on CIFAR-10 follows from the order here.",)),
    ),
    mishaps=(
        Mishap(
            "13.q1",
            "The supernet's accuracy is taken for the cell's.",
            "On which network is the left curve measured, and on which the right one?",
            "it rises with the supernet's",
        ),
        Mishap(
            "13.q2",
            "A cold sample is thought to favour the strongest.",
            "Does dividing by τ change which entry is the largest?",
            "nearly never: low temperature favours the strongest",
        ),
        Mishap(
            "13.q3",
            "The mean of a softmax is taken for p at any temperature.",
            "What do the entries become when τ is very large?",
            "0.7: the mean of a sample is p",
        ),
        Mishap(
            "13.gumbel",
            "Only the logits are divided by τ.",
            "Put brackets: what is divided?",
            "import numpy as np\n"
            "\n"
            "def gumbel_softmax(logits, tau, rng):\n"
            "    x = logits / tau + rng.gumbel(size=len(logits))\n"
            "    e = np.exp(x - x.max())\n"
            "    return e / e.sum()",
        ),
        Mishap(
            "13.hvp",
            "The difference is divided by ε instead of 2ε.",
            "How far are the two places apart?",
            "def hessian_vector(grad_alpha, w, v, eps):\n"
            "    return (grad_alpha(w + eps * v) - grad_alpha(w - eps * v)) / eps",
        ),
        Mishap(
            "13.hard",
            "τ is forgotten.",
            "What does the slope of a sharper softmax do?",
            "import numpy as np\n"
            "\n"
            "def hard_gradient(z, k, s, tau):\n"
            "    chosen = np.zeros(len(z))\n"
            "    chosen[k] = 1\n"
            "    return z[k] * (chosen - z) * s",
        ),
        Mishap(
            "13.stop",
            "The cell of the epoch that broke the limit is kept.",
            "Which epoch does DARTS+ go back to?",
            "def kept_epoch(free, limit, first):\n"
            "    for n in range(first + 1, len(free) + 1):\n"
            "        if free[n - 1] >= limit:\n"
            "            return n\n"
            "    return len(free)",
        ),
    ),
)
