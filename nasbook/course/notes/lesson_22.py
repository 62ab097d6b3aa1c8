"""Lesson 22, after the search, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="22",
    objective="They can train a winner anew, report it so that others can rely on it, and hand it over as files that"
    " need no nasbook.",
    misconception="The search's number is the result.",
    asks=(
        Ask(
            "22.q1",
            "The lowest of a hundred numbers. What will the next training of that cell give?",
            "Regression to the mean in their own words is what you want to hear.",
        ),
        Ask(
            "22.q2",
            "One image takes some hundred microseconds. And sixty-four at once?",
            "Who says 64 times thinks that all of the time is computing.",
        ),
    ),
    parts=(
        Part("", 1, ("The configuration is the result; the value is what made the search choose it.",)),
        Part(
            "What the search promises",
            6,
            (
                "Read the rows: with one trial nothing is promised too much.",
                "Compare a column with itself: the test images happen to be easier.",
            ),
        ),
        Part("Train the winner", 2, ("Two spreads: another seed, and another draw of images.",)),
        Part("Its card", 1, ("What nobody has tried stands in it, too.",)),
        Part("Hand it over", 4, ("A process that cannot import nasbook gives the same answer, bit for bit.",)),
        Part("ONNX", 2, ("Networks may change places when they leave PyTorch.",), skip="Show the table."),
        Part("Take it to full scale", 1, (), skip="Leave it out."),
        Part("Exercises", 12, ("22.ship: the argument test is there to be left alone.",), skip="Only 22.ship."),
        Part("What this did not show", 1),
    ),
    mishaps=(
        Mishap(
            "22.q1",
            "The promise is believed.",
            "Of how many numbers was it the lowest, and how far does one training scatter?",
            "by less than 0.5 points",
        ),
        Mishap(
            "22.q2",
            "Time is thought to be proportional.",
            "What does PyTorch do besides multiplying, once for each layer?",
            "more than 20 times as long",
        ),
        Mishap(
            "22.report",
            "The deviation is given as the error of the mean.",
            "Which of the two shrinks with more trainings?",
            "import statistics\n"
            "\n"
            "def report(accuracies):\n"
            "    return statistics.mean(accuracies), statistics.stdev(accuracies)",
        ),
        Mishap(
            "22.ship",
            "The weights with the best test accuracy are shipped.",
            "What does the test measure after it has chosen?",
            "import numpy as np\n\ndef ship(validation, test):\n    return int(np.nanargmax(test))",
        ),
        Mishap(
            "22.ship",
            "A training that fell apart wins.",
            "What does argmax make of NaN?",
            "import numpy as np\n\ndef ship(validation, test):\n    return int(np.argmax(validation))",
        ),
    ),
)
