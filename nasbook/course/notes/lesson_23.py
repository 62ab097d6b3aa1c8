"""Lesson 23, your own method, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="23",
    objective="They can write a search method, have it checked, race it against random search, and hand it over as a"
    " study.",
    misconception="Methods are made by others.",
    asks=(
        Ask(
            "23.q1",
            "It searched Branin without a complaint. What might it not survive?",
            "Collect: choices, conditions, a kill, a failed trial. Then let them count the spaces.",
        ),
        Ask(
            "23.q2",
            "Hundreds of local minima, or just two valleys: which of them traps a climber?",
            "Hundreds, say nearly all. Ask how far a step goes compared with a valley.",
        ),
        Ask(
            "race",
            "Your method against chance: with how many seeds would you believe a win?",
            "Let them say a number, and start with fewer.",
        ),
    ),
    parts=(
        Part("", 2, ("One function, `propose`: the loop, the trace and the pictures are there.",)),
        Part("Does it keep its promises?", 4, ("That it is a method, not that it is a good one.",)),
        Part("Is it any good?", 4, ("± is one standard error, seed by seed.",)),
        Part(
            "Play: how far should a step go?",
            7,
            ("No step is right everywhere, which is why it is a setting.",),
            skip="Show the printed table of steps.",
        ),
        Part("Exercises", 10, ("23.mend: both faults hide on an easy task.",), skip="Only 23.mend."),
        Part(
            "Take it to full scale",
            2,
            ("What a cell has defined no other process can see: it goes into a module.",),
            skip="Show the sentence of the refusal.",
        ),
        Part("What this did not show", 1),
    ),
    mishaps=(
        Mishap(
            "23.q1",
            "What runs is thought to be right.",
            "What is the distance from a point that has no value there?",
            "all five",
        ),
        Mishap(
            "23.q2",
            "Many minima are thought to be worse than two valleys.",
            "How far apart are the minima, and how far a step?",
            "on Ackley's",
        ),
        Mishap(
            "23.step",
            "A parameter that is not there is left as NaN.",
            "What is NaN plus a step?",
            "def neighbour(space, config, step, rng):\n"
            "    if config is None:\n"
            "        return space.sample(rng)\n"
            "    u = space.encode(config)\n"
            "    return space.decode((u + step * rng.standard_normal(len(u))).clip(0, 1))",
        ),
        Mishap(
            "23.mend",
            "Only the random numbers are mended.",
            "A trial has failed: what is its value, and can it be compared?",
            "import numpy as np\n"
            "\n"
            "def propose(self):\n"
            "    if not self.trials:\n"
            "        return self.space.sample(self.rng)\n"
            "    best = min(self.trials, key=lambda trial: trial.value)\n"
            "    u = np.nan_to_num(self.space.encode(best.config), nan=0.5)\n"
            "    return self.space.decode((u + 0.1 * self.rng.standard_normal(len(u))).clip(0, 1))",
        ),
        Mishap(
            "23.mend",
            "A generator with a fixed seed is made anew for each trial.",
            "Whose generator goes on after a kill where it stopped?",
            "import numpy as np\n"
            "\n"
            "def propose(self):\n"
            "    rng = np.random.default_rng(0)\n"
            "    if not self.done:\n"
            "        return self.space.sample(rng)\n"
            "    best = min(self.done, key=lambda trial: trial.value)\n"
            "    u = np.nan_to_num(self.space.encode(best.config), nan=0.5)\n"
            "    return self.space.decode((u + 0.1 * rng.standard_normal(len(u))).clip(0, 1))",
        ),
    ),
)
