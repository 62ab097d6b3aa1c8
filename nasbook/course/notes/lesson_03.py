"""Lesson 03, acquisition functions, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="03",
    objective="They can compute expected improvement, and say for each rule what it makes of the point with the "
    "lowest mean.",
    misconception="Try where the surrogate says it is best.",
    asks=(
        Ask(
            "03.q1",
            "You may measure once more. Where, and what do you hope for?",
            "Who points at the lowest mean plans to be right; who points elsewhere plans to learn.",
        ),
        Ask(
            "bayesian",
            "What will the next query do when you move κ to 0?",
            "They say that it moves to the best trial. Ask what it will do one trial later.",
        ),
        Ask(
            "03.q3",
            "If a trial on the right takes a thousand times as long, is a worse valley on the left worth it?",
            "Let them name a price before the cell runs.",
        ),
        Ask(
            "03.q2",
            "If the surrogate is right more often than not, how often does the lowest mean lead astray?",
            "Few say more than a quarter.",
        ),
    ),
    parts=(
        Part("", 2, ("The surrogate says what may be, the acquisition says what to do: two different things.",)),
        Part("Predict first", 8, ("Read the table by its third column, in words.",)),
        Part(
            "Play: turn the knobs, watch the next query jump",
            9,
            ("The trials stay, the belief and the query change: this is why one can compare.",),
            skip="Four minutes on the projector: EI, then κ = 0, then κ = 5.",
        ),
        Part("All of them on one belief", 3, ("Compare peaks, never heights: each row has its own unit.",)),
        Part(
            "When some trials take longer than others",
            5,
            ("Dividing by the expected cost is the whole idea.",),
            skip="Say it in one sentence; it comes back in lesson 14.",
        ),
        Part(
            "When you already know something",
            3,
            ("A wrong belief is overruled as trials come in: read the powers from top to bottom.",),
            skip="Leave it for home.",
        ),
        Part(
            "The simplest rule: the lowest mean",
            4,
            ("Both rules begin with the same three points, so it is the rule that makes the difference.",),
        ),
        Part("Exercises", 13, ("03.switch gives κ its meaning: a price.",), skip="Only 03.ei."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            2,
            ("On smooth small problems the rules differ little; the surrogate matters more.",),
        ),
    ),
    mishaps=(
        Mishap(
            "03.q1",
            "They think that all rules go where it looks best.",
            "Which of the rules has no σ in it, if κ is 0?",
            "all of them",
        ),
        Mishap(
            "03.q2",
            "The surrogate is trusted to repair itself.",
            "What would have to happen for the lowest mean to leave the valley?",
            "none",
        ),
        Mishap(
            "03.ei",
            "The sign is turned: as if the value were maximised.",
            "Is a mean below the best one good or bad here? What is u then?",
            "from scipy.stats import norm\n"
            "\n"
            "def expected_improvement(mean, std, best):\n"
            "    u = (mean - best) / std\n"
            "    return std * (u * norm.cdf(u) + norm.pdf(u))",
        ),
        Mishap(
            "03.ei",
            "σ is left out, so that the result is in units of σ.",
            "In what unit is an improvement?",
            "from scipy.stats import norm\n"
            "\n"
            "def expected_improvement(mean, std, best):\n"
            "    u = (best - mean) / std\n"
            "    return u * norm.cdf(u) + norm.pdf(u)",
        ),
        Mishap(
            "03.switch",
            "The signs of the denominator are turned, and κ comes out negative.",
            "B has the worse mean and the larger σ. May κ be negative?",
            "def switch(mean_a, std_a, mean_b, std_b):\n    return (mean_b - mean_a) / (std_a - std_b)",
        ),
        Mishap(
            "bayesian",
            "With κ = 0 the query stays where it is, and they think that the lab hangs.",
            "It is not the lab that is stuck. Compare the curve of the mean with the dashed one.",
        ),
    ),
)
