"""Lesson 00, one search from button to study, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="00",
    objective="They can run a search, read its picture, find its best trial, and write it as a study for a larger "
    "machine.",
    misconception="Tuning needs a cluster and an expert; blind guesses get nowhere.",
    asks=(
        Ask(
            "00.q1",
            "Of twelve settings drawn blindly, how many will learn to read digits at all?",
            "Whoever says one or none believes that there is a single right setting. Keep the number for the picture.",
        ),
        Ask(
            "bayesian",
            "After three trials: where would you try next, and why there?",
            "Some say beside the best one, some in the largest gap. Both are right; lesson 03 gives the two wishes "
            "their names.",
        ),
    ),
    parts=(
        Part(
            "",
            2,
            (
                "Four words carry the course: space, task, method, trace. Write them on the board.",
                "Ten values for each of nine parameters would be a billion trainings.",
            ),
        ),
        Part(
            "Predict first",
            4,
            (
                "A locked answer cannot be changed: being wrong is what it is for.",
                "Twelve networks train while you talk: some ten seconds.",
            ),
        ),
        Part(
            "Watch a method think",
            5,
            ("Let them click the next point themselves, against the method.",),
            skip="Step five times on the projector; they play it at home.",
        ),
        Part(
            "Exercises",
            6,
            ("The first one is a single call, so everybody has a trace of their own.",),
            skip="Only 00.run; 00.best is for home.",
        ),
        Part(
            "Take it to full scale",
            2,
            ("The cost stands in the answer before a file is written.",),
            skip="Show the file and go on; lesson 21 does it in full.",
        ),
        Part("What this did not show", 1, ("One seed shows nothing about a method: every later lesson has several.",)),
    ),
    mishaps=(
        Mishap(
            "00.q1",
            "They think that nearly all settings fail.",
            "Count the dots of the picture that lie well above chance, one in ten.",
            "it gets less than half of them right",
        ),
        Mishap(
            "00.run",
            "The seed is left out, so the trace is another one.",
            "Run it twice: are the configurations the same? What would make them so?",
            'import nasbook\n\ntrace = nasbook.search("random", "branin", trials=30)',
        ),
        Mishap(
            "00.best",
            "The largest value is taken, as if it were an accuracy.",
            "Is the value an error or an accuracy? Look at the axis of the picture.",
            "def best_of(trace):\n"
            "    done = [t for t in trace.trials if t.value is not None]\n"
            "    return max(done, key=lambda t: t.value)",
        ),
        Mishap(
            "00.best",
            "Failed trials are forgotten: their value is None, which cannot be compared.",
            "Which trials may win at all?",
            "def best_of(trace):\n    return min(trace.trials, key=lambda t: t.value)",
        ),
        Mishap(
            "bayesian",
            "Play is pressed and the film is watched to its end.",
            "Use Step, and say aloud before each one where the next trial will be.",
        ),
    ),
)
