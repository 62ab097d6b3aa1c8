"""Lesson 07, population based training, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="07",
    objective="They can say what a copy takes over, rebuild the winner's schedule from the records, and judge it "
    "against a constant.",
    misconception="There is one best constant learning rate.",
    asks=(
        Ask(
            "07.q1",
            "Three of ten are replaced after each epoch. How long do ten families live?",
            "Most think in proportions and say half. Ask what happens to a family that is behind once.",
        ),
        Ask(
            "pbt",
            "What does a copy need from its donor so that it can go on learning as if nothing had happened?",
            "Weights come first. Wait for the state of the optimiser.",
        ),
        Ask(
            "07.q2",
            "Which learning rate would you choose if training ended after one epoch? And after twenty?",
            "Who gives one number for both holds the misconception.",
        ),
        Ask(
            "07.q3",
            "The schedule won. Is it the schedule that was good, or was the winner lucky?",
            "Listen for somebody who asks for new networks and other images: that is the test of this part.",
        ),
    ),
    parts=(
        Part("", 2, ("What comes out is no configuration but a schedule.",)),
        Part("Predict first", 3),
        Part(
            "Play: switch copying off and on",
            10,
            (
                "Colour by founder, and watch one colour take over.",
                "The cell below trains fifty networks: some twenty seconds.",
                "Over ten seeds copying changes the best by +0.3 ± 0.3 points: nothing that can be told.",
            ),
            skip="Four minutes on the projector, by founder; skip the fifty networks.",
        ),
        Part(
            "A constant learning rate, and when one looks",
            4,
            ("Three columns, three winners or not: read them aloud.",),
        ),
        Part(
            "The winner's schedule",
            6,
            (
                "The record can be trained again to the same error: a copy takes over even the random numbers.",
                "The record is the best of ten on images that chose it.",
            ),
        ),
        Part("Exercises", 13, ("07.schedule walks a lineage backwards.",), skip="Only 07.explore."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 1, ("A task on which the schedule matters.",)),
    ),
    mishaps=(
        Mishap(
            "07.q1", "Families are thought to shrink slowly.", "Follow one founder's colour for five epochs.", "8 to 10"
        ),
        Mishap(
            "07.q2",
            "One rate is thought to be best at any time.",
            "Look at the columns of epoch 1 and epoch 20: which row is largest?",
            "the same",
        ),
        Mishap(
            "07.q3",
            "The record of the search is taken for the worth of its schedule.",
            "On which images was the record made, and who had chosen by them?",
            "more than a point better",
        ),
        Mishap(
            "07.schedule",
            "Only the last configuration is given.",
            "Which rates did the network have before it was copied the last time?",
            "def schedule_of(trials):\n"
            "    t = min((t for t in trials if t.value is not None), key=lambda t: (-t.fidelity, t.value))\n"
            '    return [(t.fidelity, t.config["lr"])]',
        ),
        Mishap(
            "07.schedule",
            "The steps come out with the last epoch first.",
            "In which order did the network live through them?",
            "def schedule_of(trials):\n"
            "    t = min((t for t in trials if t.value is not None), key=lambda t: (-t.fidelity, t.value))\n"
            '    found = [(t.fidelity, t.config["lr"])]\n'
            '    while "parent" in t.info:\n'
            '        t = trials[t.info["parent"]]\n'
            '        found.append((t.fidelity, t.config["lr"]))\n'
            "    return found",
        ),
        Mishap(
            "07.explore",
            "The range is forgotten, and nothing is ever drawn anew.",
            "Call it a thousand times on 0.9. What is the largest number?",
            "def explore(lr, rng):\n    return lr * rng.choice([1.2, 0.8])",
        ),
    ),
)
