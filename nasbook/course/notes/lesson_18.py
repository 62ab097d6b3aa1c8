"""Lesson 18, joint HPO and NAS, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="18",
    objective="They can join an architecture and its recipe in one space, and compare protocols of search with equal"
    " budgets.",
    misconception="First find the architecture, then tune it.",
    asks=(
        Ask(
            "18.q1",
            "This cell is better than that one. Better with which learning rate?",
            "Wait for the word recipe. Then let them guess how many pairs change.",
        ),
        Ask(
            "joint",
            "Where will the orange line end at the other rate?",
            "At the top, say those who believe in good cells.",
        ),
        Ask(
            "18.q2",
            "Half of the trainings for the cell, half for the recipe, or all for both: which would you choose?",
            "Ask what the answer depends on; somebody should say: on the frozen rate.",
        ),
    ),
    parts=(
        Part("", 1),
        Part("A table that knows both", 9, ("The diagonal is what seeds do alone: read the others beside it.",)),
        Part("One space", 2, ("Every method can search it: nothing knows which part is the cell.",)),
        Part(
            "Five protocols of one budget",
            5,
            (
                "What is lost depends on the frozen rate first.",
                "Both sentences are wrong: tune after searching, and joint is always better.",
            ),
        ),
        Part("What an expert believes", 1, ("A wrong belief costs something at first.",), skip="Leave it out."),
        Part("Exercises", 10, ("18.verdict is the sentence that every comparison owes.",), skip="Only 18.verdict."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show", 1, ("Two hyperparameters; with ten the joint space grows faster than a budget.",)
        ),
    ),
    mishaps=(
        Mishap(
            "18.q1",
            "A ranking is taken for a property of the cells.",
            "How many pairs flip between two seeds at the same rate already?",
            "in less than 5 % of all pairs",
        ),
        Mishap(
            "18.q2",
            "More freedom is thought to win always.",
            "How good is the frozen rate on this table?",
            "the joint search's, by more than two standard errors",
        ),
        Mishap(
            "18.flips",
            "Ties are counted among the pairs.",
            "Of which pairs does the prompt speak?",
            "def flips(a, b):\n"
            "    pairs = [(a[i] - a[j]) * (b[i] - b[j]) for i in range(len(a)) for j in range(i)]\n"
            "    return sum(p < 0 for p in pairs) / len(pairs)",
        ),
        Mishap(
            "18.verdict",
            "The two means are compared, without pairs and without an error.",
            "The runs share their seeds. What is the error of the mean difference?",
            "def verdict(joint, sequential):\n    return 'joint' if joint.mean() < sequential.mean() else 'sequential'",
        ),
        Mishap(
            "18.verdict",
            "The deviation is used where the error of the mean belongs.",
            "Does your verdict get surer with more seeds?",
            "def verdict(joint, sequential):\n"
            "    gap = sequential - joint\n"
            "    if abs(gap.mean()) <= 2 * gap.std(ddof=1):\n"
            "        return 'unclear'\n"
            "    return 'joint' if gap.mean() > 0 else 'sequential'",
        ),
    ),
)
