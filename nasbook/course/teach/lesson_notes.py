"""Lesson NN, TITLE, for whoever teaches it. A template: keep the form, exchange the content."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="NN",
    objective="They can say in how many of many pairs one search ends lower than another.",
    misconception="Twice the trials always find something better.",
    asks=(Ask("NN.q1", "Could the shorter search win?", "Who says never thinks of averages, not of single searches."),),
    parts=(
        Part("", 2, ("One search is one draw.",)),
        Part("Predict first", 6, ("Let them lock before you say a word.",)),
        Part("Play", 6, ("Press Step, and guess the next point.",), skip="Show it once on the projector."),
        Part('The misconception: "more is always better"', 3, ("Ask how often is often.",)),
        Part("Exercises", 10, ("Ties are where the answers differ.",), skip="Leave NN.running for home."),
        Part("Take it to full scale", 2, ("The study asks for more trials.",), skip="Leave it out."),
        Part("What this did not show", 1, ("One function, one method.",)),
    ),
    mishaps=(
        Mishap(
            "NN.wins",
            "Ties are counted as lost.",
            "What if both searches find the same?",
            "def wins(a, b):\n    return sum(x < y for x, y in zip(a, b)) / len(a)",
        ),
        Mishap(
            "NN.q1",
            "They expect that twice the trials always win.",
            "Draw two of them: which was lucky?",
            "in 90 % or more",
        ),
    ),
)
