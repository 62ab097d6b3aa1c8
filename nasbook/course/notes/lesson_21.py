"""Lesson 21, scale up, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="21",
    objective="They can price a full-scale search, write its study, run it so that it survives being killed, and say"
    " how far a small search can be trusted.",
    misconception="What wins in the notebook wins at full scale.",
    asks=(
        Ask(
            "21.q1",
            "Eight trials took a few seconds. What would five hundred longer ones take?",
            "Let them multiply aloud: trials, then epochs. Most guess far too much.",
        ),
        Ask(
            "run",
            "The power fails now. What will be lost?",
            "Everything, says whoever has lived through it. Kill it and look.",
        ),
        Ask(
            "21.q2",
            "Two of twelve epochs: how often is the leader the right one?",
            "Half is chance; ask for a number between half and all.",
        ),
        Ask(
            "21.q3",
            "And the best of twenty: is it among the first five?",
            "A pair is one thing, the best of many another.",
        ),
    ),
    parts=(
        Part("", 1),
        Part("First the tiny search", 1),
        Part("Then the price", 4, ("It says what it assumes; the speed-up of a GPU is the one to distrust.",)),
        Part(
            "Write the study, and read it", 2, ("A file to read and to edit; a mistake in it is named with its place.",)
        ),
        Part("Run it, and watch it", 9, ("The lab reads files only: the run may be on another machine.",)),
        Part("Bring it back", 1, ("The same kind of file, so the same pictures.",)),
        Part("What did it cost?", 1, ("Energy is an estimate, with a range.",)),
        Part(
            "Your own training loop",
            2,
            ("60 epochs for 3 trials of 20; those few above it are what the kill has cost.",),
            skip="Show the printed line after the kill.",
        ),
        Part("More than one machine", 2, (), skip="Point at the table."),
        Part("Train the winner", 1, ("Lesson 22 looks at it closely.",), skip="Leave it to lesson 22."),
        Part("Do toy rankings transfer?", 8, ("A small search narrows the field; it does not decide.",)),
        Part("Exercises", 12, (), skip="Only 21.cost."),
        Part("What this did not show", 1),
    ),
    mishaps=(
        Mishap(
            "21.q1",
            "Full scale sounds like days.",
            "Multiply: how many trials more, how many epochs more?",
            "more than a day",
        ),
        Mishap(
            "21.q2",
            "An early leader is believed.",
            "Two random cells: how far apart are they after two epochs?",
            "in more than 80 % of the pairs",
        ),
        Mishap(
            "21.cost",
            "The speed-up is multiplied.",
            "A faster device: more hours or fewer?",
            "def gpu_hours(trials, seconds, epochs_here, epochs_there, speedup):\n"
            "    return trials * seconds * epochs_there / epochs_here * speedup / 3600",
        ),
        Mishap(
            "21.cost",
            "The answer is in seconds.",
            "What is the unit of your number?",
            "def gpu_hours(trials, seconds, epochs_here, epochs_there, speedup):\n"
            "    return trials * seconds * epochs_there / epochs_here / speedup",
        ),
        Mishap(
            "21.agreement",
            "Positions are compared instead of pairs.",
            "Which pairs do both lists put in the same order?",
            "def agreement(small, large):\n"
            "    rank = lambda values: sorted(range(len(values)), key=lambda i: values[i])\n"
            "    return sum(a == b for a, b in zip(rank(small), rank(large))) / len(small)",
        ),
        Mishap(
            "run",
            "The run was paused in the lab, and the next cell waits for ever.",
            "Resume it in the lab: the cell waits for its end.",
        ),
    ),
)
