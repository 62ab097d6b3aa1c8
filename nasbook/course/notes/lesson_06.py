"""Lesson 06, successive halving and its kin, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="06",
    objective="They can compute rungs and promotions, and say what stopping early costs and what it buys.",
    misconception="Who leads early also wins.",
    asks=(
        Ask(
            "06.q1",
            "You stop 26 of 27 networks. Would you bet that the best of the 27 is the one that is left?",
            "Let them bet with their hands up, then ask for the number of brackets.",
        ),
        Ask(
            "halving",
            "One of four workers is twenty times slower. Who waits, and for whom?",
            "With rungs everybody waits for the last one; they should say it before they see the grey.",
        ),
        Ask(
            "06.q3",
            "A rule without rungs compares with the median. Does it stop more or fewer networks than halving?",
            "Nearly all expect it to be as strict. It compares the best so far with means that hold the bad first "
            "epochs.",
        ),
    ),
    parts=(
        Part("", 2, ("One bracket costs three full trainings: 81 epochs.",)),
        Part("Predict first", 3, ("The table knows how the stopped ones would have ended; no real search does.",)),
        Part(
            "Play: watch who is stopped",
            9,
            ("Seed 0 has many crossing curves: change the seed before you conclude.",),
            skip="Four minutes on the projector: play, then first look at 9 epochs.",
        ),
        Part(
            "Does who leads early also win?",
            4,
            ("The fair question is not whether a decision was wrong, but what else the epochs would have bought.",),
        ),
        Part(
            "Hyperband: do not bet on one first look",
            2,
            ("The floor of a logarithm loses a bracket at 243: a real bug.",),
        ),
        Part(
            "ASHA: do not wait",
            4,
            ("Read the idle times, then the price: some are promoted whom a full rung would not promote.",),
        ),
        Part("BOHB: choose what to train", 2, (), skip="Say it in a sentence: Hyperband's brackets, TPE's draws."),
        Part("DEHB: children of the best", 2, (), skip="Say it in a sentence: a population for each rung."),
        Part(
            "Median stopping: compare with the others at the same epoch",
            7,
            ("Kind to late learners, and dear.",),
            skip="Show the rule and the two printed lines; leave the predictions for home.",
        ),
        Part(
            "Freeze-thaw: believe where a curve will end",
            1,
            ("The others compare what was reached; this one compares where the curves are going.",),
            skip="Leave it to those who read on.",
        ),
        Part("Exercises", 15, ("06.rungs holds the trap of the logarithm.",), skip="Only 06.promote."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            3,
            ("Small networks, 27 epochs; a schedule made for 27 epochs looks bad at epoch 3.",),
        ),
    ),
    mishaps=(
        Mishap(
            "06.q1",
            "Early epochs are taken for a verdict.",
            "How many of the stopped curves are still falling steeply?",
            "in fewer than 10",
        ),
        Mishap(
            "06.q2",
            "The leader is taken for the winner.",
            "Count the crossings in one picture of the lab.",
            "more than 70",
        ),
        Mishap(
            "06.q3",
            "The rule is thought to be as strict as a rung.",
            "What does it compare: two errors at one epoch, or a best with a mean?",
            "fewer than 150",
        ),
        Mishap(
            "06.rungs",
            "The number of rungs is the floor of a logarithm.",
            "Try R = 243 and η = 3 by hand, then with your function.",
            "import math\n"
            "\n"
            "def rungs(R, eta):\n"
            "    s = math.floor(math.log(R) / math.log(eta))\n"
            "    return [R // eta ** (s - i) for i in range(s + 1)]",
        ),
        Mishap(
            "06.promote",
            "A failed training is sorted among the others.",
            "What does Python answer to nan < 0.3?",
            "def promoted(values, eta):\n"
            "    return sorted(range(len(values)), key=lambda k: values[k])[: max(1, len(values) // eta)]",
        ),
        Mishap(
            "06.median",
            "Best is compared with best.",
            "Of the others the rule takes the mean, not the best. Which of them is the kinder one?",
            "import statistics\n"
            "\n"
            "def too_bad(curves, curve):\n"
            "    x = len(curve)\n"
            "    return min(curve) > statistics.median(min(c[:x]) for c in curves)",
        ),
    ),
)
