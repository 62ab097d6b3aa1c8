"""Lesson 02, Gaussian-process surrogates, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="02",
    objective="They can compute mean and band of a Gaussian process, say what the length scale does, and test "
    "whether a band deserves to be believed.",
    misconception="The band is the truth: the function runs inside it.",
    asks=(
        Ask(
            "02.q1",
            "A value turns out quite unlike what you expected. Should you be less sure now?",
            "Most people say yes, and a careful person would be. The formula of σ² has no y in it: let them find that.",
        ),
        Ask(
            "gp",
            "What will the band do midway between two points when you make the length scale long?",
            "Those who say that it opens take the length scale for a measure of doubt.",
        ),
        Ask(
            "02.q2",
            "The model knows length scale, noise and signal, only not how rough the function is. How much "
            "harm can that do?",
            "Nearly all expect a little harm. This is the number of the lesson: let several people defend theirs.",
        ),
    ),
    parts=(
        Part("", 4, ("A band is made of functions: each thin line is one that the points leave possible.",)),
        Part("Predict first", 3, ("The largest difference anywhere is printed: it is rounding.",)),
        Part(
            "Play: drag points, turn the length scale, watch the band breathe",
            9,
            ("First by hand, then with the fit switched on: who chooses the length scale better?",),
            skip="Three minutes on the projector: one slider, from one end to the other.",
        ),
        Part(
            "Which length scale? The one under which the points are likely",
            4,
            (
                "Two terms pull in opposite directions, and neither wins: read the two columns, then the sum.",
                "With five points several length scales are about as likely.",
            ),
        ),
        Part("How far is the band to be trusted?", 6, ('The "if" of the band is never checked by the formula.',)),
        Part(
            "Exercises",
            13,
            ("02.posterior is the whole of gp.py in three lines.",),
            skip="Only 02.posterior; 02.coverage repeats what the cell above computed.",
        ),
        Part(
            "What one dimension hides: the cost, and several length scales",
            3,
            ("n³: ask what 800 points cost if 200 cost one unit, before the cell runs.",),
            skip="Say the two sentences in bold type and go on.",
        ),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("RBF is no bad kernel: the band cannot tell you which case you are in.",)),
    ),
    mishaps=(
        Mishap(
            "02.q1",
            "A surprise is thought to widen the band.",
            "Look for y in the formula of σ².",
            "it gets wider: the value is a surprise",
        ),
        Mishap(
            "02.q2",
            "A wrong kernel is taken for a detail.",
            "What does a very smooth process believe about the place between two near points?",
            "about 95 %: only the kernel differs",
        ),
        Mishap(
            "02.posterior",
            "The noise is left out of the matrix.",
            "What does your mean do at a point that was measured, and is the measurement exact?",
            "import numpy as np\n"
            "\n"
            "def posterior(K, k, prior, y, noise):\n"
            "    A = np.linalg.inv(K)\n"
            "    return k @ A @ y, prior - np.sum(k @ A * k, axis=1)",
        ),
        Mishap(
            "02.posterior",
            "The noise is squared again, although it is given as a variance.",
            "Read the prompt: which of σₙ and σₙ² is `noise`?",
            "import numpy as np\n"
            "\n"
            "def posterior(K, k, prior, y, noise):\n"
            "    A = np.linalg.inv(K + noise**2 * np.eye(len(y)))\n"
            "    return k @ A @ y, prior - np.sum(k @ A * k, axis=1)",
        ),
        Mishap(
            "02.coverage",
            "Only the upper edge of the band is looked at.",
            "Draw a truth far below the band. What does your function say?",
            "import numpy as np\n\ndef coverage(mean, std, truth):\n    return float(np.mean(truth <= mean + 2 * std))",
        ),
        Mishap(
            "gp",
            "The fitted length scale jumps while a point is dragged, and they think that the slider is broken.",
            "Look at the right picture: two length scales are about equally likely, and the higher peak wins.",
        ),
    ),
)
