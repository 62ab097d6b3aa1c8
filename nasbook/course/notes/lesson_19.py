"""Lesson 19, the AutoML pipeline and ensembles, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="19",
    objective="They can search a whole pipeline as one space, keep its folds free of leaks, and report three numbers"
    " of which one is honest.",
    misconception="Cross-validated is honest.",
    asks=(
        Ask(
            "19.q1",
            "Pure noise, cross-validated as the book says. What will it score?",
            "Half, they say, and are sure. That is why it works.",
        ),
        Ask(
            "pipeline",
            "Which node has seen labels that it should not have seen?",
            "The one before the split. Let somebody move the split back.",
        ),
        Ask(
            "19.q2",
            "No leak anywhere, 25 pipelines. Is the best one's number honest now?",
            "Ask what happens with 25,000 pipelines.",
        ),
        Ask(
            "19.q3",
            "Twenty pipelines instead of one: how much better on rows that nobody has seen?",
            "They name the promise. Ask which rows made it.",
        ),
    ),
    parts=(
        Part("", 3, ("Which model is best depends on the steps before it: one conditional space.",)),
        Part("A leak", 5, ("The model was cross-validated, the choice of columns was not.",)),
        Part("Play: move the split", 8, (), skip="Three minutes on the projector: the split in place, then moved."),
        Part("Three numbers", 6, ("A number that was used to choose is not a measurement any more.",)),
        Part(
            "Keep more than the winner",
            15,
            (
                "A member is taken because it is right where the others are wrong.",
                "The promise is large and the gain is small; the plain mean of all does as well here.",
            ),
            skip="Do the prediction and its table; leave the lab and the networks.",
        ),
        Part("Exercises", 20, ("19.folds is the remedy, one line moved.",), skip="Only 19.folds."),
        Part("Take it to full scale", 1, ("One command does all of it on their own table.",)),
        Part("What this did not show", 2, ("Two rows of one patient on both sides of a split.",)),
    ),
    mishaps=(
        Mishap(
            "19.q1",
            "The book's procedure is trusted without asking what came before it.",
            "Who had seen the labels of the rows that were held out?",
            "about half: noise is noise",
        ),
        Mishap(
            "19.q2",
            "Clean folds are thought to be enough.",
            "How many numbers was the lowest one chosen from?",
            "it is not higher",
        ),
        Mishap(
            "19.q3",
            "The promise of the rows that chose is believed.",
            "Compare the columns own and test.",
            "by two points or more",
        ),
        Mishap(
            "19.folds",
            "The columns are chosen once, on all rows.",
            "May the chooser see the rows of this fold?",
            "import numpy as np\n"
            "from nasbook.course.lessons.lesson_19 import best_columns, centroid\n"
            "\n"
            "def accuracy(x, y, fold, k):\n"
            "    chosen = best_columns(x, y, k)\n"
            "    right = [centroid(x[fold != f][:, chosen], y[fold != f], x[fold == f][:, chosen]) == y[fold == f] for f in range(5)]\n"
            "    return np.concatenate(right).mean()",
        ),
        Mishap(
            "19.nested",
            "The best trial over all folds is scored on each.",
            "Has this fold helped to choose?",
            "def nested(wrong, fold):\n    return wrong[wrong.mean(1).argmin()].mean()",
        ),
        Mishap(
            "19.greedy",
            "The best members are taken, one after the other, each by itself.",
            "Two equal members: what does the second one bring?",
            "import numpy as np\n"
            "\n"
            "def greedy_weights(P, y, size):\n"
            "    nll = [-np.log(p[np.arange(len(y)), y]).mean() for p in P]\n"
            "    counts = np.zeros(len(P))\n"
            "    counts[np.argsort(nll)[:size]] = 1\n"
            "    return counts / size",
        ),
    ),
)
