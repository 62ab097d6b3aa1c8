"""Lesson 17, meta-learning and transfer, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="17",
    objective="They can start a search from another task, and say when that is a head start and how a search finds "
    "out whom to believe.",
    misconception="Priors always help; knowledge can do no harm.",
    asks=(
        Ask(
            "17.q1",
            "Advice from somebody who searched the same cells for another goal: better than chance?",
            '"It cannot hurt" is the sentence to wait for.',
        ),
        Ask(
            "transfer",
            "What does a source look like whose cloud does not rise?",
            "Flat or falling: let them draw both before they choose the source.",
        ),
        Ask(
            "17.q2",
            "After ten results of your own, how would you notice that an adviser is wrong?",
            "By the order, not by the values: errors of two tasks cannot be compared.",
        ),
        Ask(
            "17.q4",
            "Twenty labelled images. How much of a trained network would you let learn?",
            "Ask how many weights twenty images can teach.",
        ),
    ),
    parts=(
        Part("", 2, ("If it is the same task, go on with it: that is not transfer.",)),
        Part("What are the first five worth?", 4, ("Read each row beside the last one: chance.",)),
        Part("Play: swap the source", 6, ("Head start becomes negative transfer with one click.",)),
        Part(
            "Whom to believe: ranking weights",
            7,
            ("Only the order counts; and the own model predicts each trial from the others.",),
        ),
        Part(
            "Another thing to carry over: the start of a training",
            5,
            ("Without a step it knows nothing of the new digits: what was learned is to learn.",),
            skip="Say the sentence in bold and show the printed lines.",
        ),
        Part(
            "Which source, before the first trial?",
            1,
            ("The description names the worse of the two.",),
            skip="Leave it out.",
        ),
        Part(
            "The plainest thing to carry over: the weights of one network",
            4,
            ("Few images: freeze. More images: let go.",),
        ),
        Part("Exercises", 13, ("17.weight is RGPE's one idea.",), skip="Only 17.warm."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            2,
            (
                "The harmful source searched for another quantity; between the tables of accuracies none is that bad "
                "on average.",
            ),
        ),
    ),
    mishaps=(
        Mishap(
            "17.q1",
            "Any search is thought to beat no search.",
            "What was the search for?",
            "the small ones: any search beats no search",
        ),
        Mishap(
            "17.q2",
            "Weights are expected to be shared out.",
            "How many of the bootstrap samples does the bad source win?",
            "about a third, as the others",
        ),
        Mishap(
            "17.q4", "More that learns is thought to be better.", "How many weights, and how many images?", "all of it"
        ),
        Mishap(
            "17.warm",
            "`warm_start` is used, as if it were the same task.",
            "Do the values of the source mean anything on the target?",
            "import nasbook\n"
            "\n"
            "def warm(source, target, n, seed):\n"
            "    return nasbook.search('regularized-evolution', target, trials=30, seed=seed, warm_start=source)",
        ),
        Mishap(
            "17.weight",
            "Ties are given to the source.",
            "Lower, says the prompt, in italics.",
            "import numpy as np\n"
            "\n"
            "def weight(f, g, y, b):\n"
            "    def loss(p, s):\n"
            "        return ((p[s][:, None] < p[s]) != (y[s][:, None] < y[s])).sum()\n"
            "    return np.mean([loss(f, s) <= loss(g, s) for s in b])",
        ),
        Mishap(
            "17.reptile",
            "The tasks follow each other: each starts where the one before ended.",
            "Where does each task start?",
            "import numpy as np\n"
            "\n"
            "def reptile_step(phi, gradients, lr, k, epsilon):\n"
            "    p, ends = phi.copy(), []\n"
            "    for gradient in gradients:\n"
            "        for _ in range(k):\n"
            "            p = p - lr * gradient(p)\n"
            "        ends.append(p)\n"
            "    return phi + epsilon * (np.mean(ends, axis=0) - phi)",
        ),
        Mishap(
            "17.reptile",
            "phi becomes the mean of the ends, whatever ε is.",
            "What does ε = 0 have to do?",
            "import numpy as np\n"
            "\n"
            "def reptile_step(phi, gradients, lr, k, epsilon):\n"
            "    ends = []\n"
            "    for gradient in gradients:\n"
            "        p = phi.copy()\n"
            "        for _ in range(k):\n"
            "            p = p - lr * gradient(p)\n"
            "        ends.append(p)\n"
            "    return np.mean(ends, axis=0)",
        ),
    ),
)
