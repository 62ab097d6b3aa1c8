"""Lesson 09, HPO and NAS side by side, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="09",
    objective="They can run one optimiser on hyperparameters and on architectures, count a space, and tell when two "
    "architectures are one network.",
    misconception="Architecture search needs other optimisers than hyperparameter search.",
    asks=(
        Ask(
            "09.q1",
            "Sixty trials: better in a small space that you exhaust, or in one that you hardly touch?",
            "Most prefer the small one. Ask what the usual setting keeps out of reach.",
        ),
        Ask(
            "09.q2",
            "When are two drawings of a cell the same network?",
            "Collect rules: a cut path, a skip in a row, a dead end. Then let them guess the number.",
        ),
        Ask(
            "spaces",
            "How many names does a network have of which every path is cut?",
            "They see it in the lab: put `none` until one edge has no effect, and the number jumps.",
        ),
        Ask(
            "09.q3",
            "Would you expect TPE to lose on the cells, where evolution is at home?",
            "Ask what in TPE would have to fail.",
        ),
    ),
    parts=(
        Part("", 2, ("For an optimiser both are a space, and a number for each point of it.",)),
        Part(
            "One task, one optimiser, three searches",
            7,
            (
                "Three lines of `Space` make the difference.",
                "With another learning rate the answer turns: what is fixed decides.",
            ),
        ),
        Part("What a search space of architectures is", 4, ("Names are not networks.",)),
        Part(
            "Play: edit a cell, change the space",
            9,
            ("Show the PyTorch source once: it is a real network.",),
            skip="Three minutes on the projector: put `none` on edges.",
        ),
        Part(
            "Do the two need different optimisers?",
            4,
            ("Look at the columns: which space matters more than which search.",),
        ),
        Part("Real trainings", 2, (), skip="Show the picture of the chain."),
        Part("Exercises", 14, ("09.names compares all 125 cells, two by two.",), skip="Only 09.chains."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("That one of the two is worth more: it depends on what stays fixed.",)),
    ),
    mishaps=(
        Mishap(
            "09.q1",
            "A space that can be exhausted is thought to be the better one.",
            "What is the best that this space holds?",
            "NAS: 30, so 60 trials are plenty",
        ),
        Mishap(
            "09.q2",
            "Configurations are counted as networks.",
            "Put `none` on the only edge into a node: which other edges still count?",
            "all 15,625",
        ),
        Mishap(
            "09.q3",
            "A method is thought to be good only where it was born.",
            "Which of the two knew what the six choices mean?",
            "worse by more than two standard errors",
        ),
        Mishap(
            "09.names",
            "The three operations are listed without `none` and `skip`, and the paths are lost.",
            "If a is none, does it still matter what c is?",
            'def name(a, b, c):\n    return tuple(op for op in (a, b, c) if op not in ("none", "skip"))',
        ),
        Mishap(
            "09.chains",
            "Skips or strides of a layer are forgotten.",
            "With or without skip: how many convolutions are there of one kernel and one width?",
            "def chains(depth, kernels, channels, poolings, strides):\n"
            "    layer = (kernels * channels + poolings) * strides\n"
            "    return sum(layer**d for d in range(1, depth + 1))",
        ),
        Mishap(
            "09.chains",
            "Only the longest chains are counted.",
            "How many chains have a single layer?",
            "def chains(depth, kernels, channels, poolings, strides):\n"
            "    return ((2 * kernels * channels + poolings) * strides) ** depth",
        ),
    ),
)
