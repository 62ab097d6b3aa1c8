"""Lesson 05, evolution strategies, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="05",
    objective="They can compute a step of differential evolution and of CMA-ES, and say which methods know where the"
    " axes are.",
    misconception="Evolution is random mutation.",
    asks=(
        Ask(
            "05.q1",
            "You tune one knob at a time. When does that stop working?",
            "Listen for the word correlation, or for a story about learning rate and batch size.",
        ),
        Ask(
            "strategies",
            "Where can a child of two parents lie, if every variable comes from one of them?",
            "Let somebody draw it: the corners of a rectangle along the axes.",
        ),
        Ask(
            "05.q2",
            "What is the population for, if the best one is all that counts?",
            "Diversity is the usual word; ask what it is used for in each of the four.",
        ),
    ),
    parts=(
        Part("", 2, ("The valley is 32 times as long as wide; only its angle will change.",)),
        Part("Predict first", 6, ("Read the table row by row: 0°, 30°, 45°, 90°.",)),
        Part(
            "Play: turn the valley",
            9,
            ("The ellipse is C: nobody told it the angle.",),
            skip="Three minutes on the projector: 0°, then 30°.",
        ),
        Part(
            "What is the population for?",
            5,
            ("CR = 1 lets DE forget the axes: the last four lines show what that is worth.",),
        ),
        Part("Exercises", 15, ("05.mean uses the order of the values and nothing else.",), skip="Only 05.trial."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            2,
            ("Two variables and 200 trials: with 30 trials lesson 03 is usually the better choice.",),
        ),
    ),
    mishaps=(
        Mishap(
            "05.q1",
            "They think that a turned valley is harder for everybody.",
            "What does CMA-ES know about the axes?",
            "for both",
        ),
        Mishap(
            "05.q2",
            "Selection alone is thought to do it.",
            "How long is a random step compared with the width of the valley?",
            "random steps from the best point so far",
        ),
        Mishap(
            "05.trial",
            "The mask is read the wrong way round.",
            "Say it aloud: where the mask is True, the coordinate comes from …",
            "import numpy as np\n"
            "\n"
            "def trial_vector(target, base, plus, minus, F, mask):\n"
            "    return np.where(mask, target, base + F * (plus - minus))",
        ),
        Mishap(
            "05.trial",
            "The target is written over.",
            "The target still has to compete with its trial vector. Is it still there?",
            "def trial_vector(target, base, plus, minus, F, mask):\n"
            "    target[mask] = (base + F * (plus - minus))[mask]\n"
            "    return target",
        ),
        Mishap(
            "05.mean",
            "The better half is averaged without weights.",
            "Does the best of five count as much as the second best?",
            "import numpy as np\n"
            "\n"
            "def recombine(points, values):\n"
            "    return points[np.argsort(values)[: len(points) // 2]].mean(0)",
        ),
        Mishap(
            "strategies",
            "Everything in the lab is moved at once, and nothing can be compared.",
            "One seed, one change at a time: first the angle, then the method.",
        ),
    ),
)
