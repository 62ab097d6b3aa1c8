"""Lesson 01, grid and random search, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="01",
    objective="They can say what a design of trials tells about each single hyperparameter, and how many random trials "
    "are enough for a given aim.",
    misconception="A grid is more thorough, because it leaves no corner empty.",
    asks=(
        Ask(
            "01.q1",
            "How many different values of x1 will the grid have tried after 25 trials?",
            "25 is said by those who count trials. Draw the projection onto the axis, do not correct them yet.",
        ),
        Ask(
            "game",
            "Where will your first click be, and what will you know about x1 after it?",
            "Most begin in the middle. Ask what the second click should change: one coordinate or both?",
        ),
        Ask(
            "01.q2",
            "Would you need more trials in six dimensions than in two?",
            "Nearly everybody says yes: they think of the best point, the question speaks of the best 5 %.",
        ),
    ),
    parts=(
        Part("", 3, ("f is a sum of two parts, and we set how much the second counts: that is the whole experiment.",)),
        Part(
            "Predict first",
            7,
            ("Let them lock before you say a word.", "The strip above each map is the lesson: 5 values against 25."),
        ),
        Part(
            "Play: search against the grid",
            8,
            ("Show the game code: two neighbours can play the same surface.",),
            skip="Play one game together on the projector, the class calling out the clicks.",
        ),
        Part(
            "Between grid and chance",
            3,
            ("n points, n distinct values on every axis: three ways to that.",),
            skip="Show the picture and say that sentence.",
        ),
        Part(
            'The misconception: "a grid is more thorough"',
            4,
            ("Turning the surface gives the grid new projections: its weakness is the alignment.",),
        ),
        Part(
            "Exercises",
            8,
            ("01.enough has no dimension in it: ask where it went.",),
            skip="Leave 01.distinct for home.",
        ),
        Part(
            "Take it to full scale",
            1,
            ("Trials that do not wait for each other need no clever method.",),
            skip="Leave it out; it is said again in lesson 21.",
        ),
        Part("What this did not show", 1, ("The best 5 % may be far from the best.",)),
    ),
    mishaps=(
        Mishap(
            "01.distinct",
            "The rows are counted instead of the values of a column.",
            "How many points are there, and how many of them share their x1?",
            "def distinct(points):\n    return [len(points)] * points.shape[1]",
        ),
        Mishap(
            "01.enough",
            "Shares are added: confidence divided by share.",
            "Two trials can lie in the same good part. What is the chance that all of them miss?",
            "import math\n\ndef trials_needed(share, confidence):\n    return math.ceil(confidence / share)",
        ),
        Mishap(
            "01.q2",
            "They take the best 5 % of the space for the neighbourhood of the best point.",
            "Where did the number of dimensions stand in your formula?",
            "about 60 with two hyperparameters, far more with six",
        ),
        Mishap(
            "game",
            "A game is lost to the grid once and the grid is called better.",
            "Play the same code again with another opponent; one game proves nothing.",
        ),
    ),
)
