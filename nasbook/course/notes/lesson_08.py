"""Lesson 08, hypergradients, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="08",
    objective="They can differentiate a training by its hyperparameters, check the result, and say when a longer "
    "unroll is a better one.",
    misconception="Gradients always beat black boxes.",
    asks=(
        Ask(
            "08.q1",
            "Twenty steps are 4.4 % off. Will a hundred larger steps be better?",
            "Larger and longer sound better. Ask what a rate of 20 does to the training itself.",
        ),
        Ask(
            "hypergradient",
            "Which mode will run out of memory first when the unroll grows?",
            "The one that goes backwards has to remember the way.",
        ),
        Ask(
            "08.q2",
            "A direction from one training, against twelve tries. Who wins with two hyperparameters?",
            "They expect the gradient. Ask how many hyperparameters it would take.",
        ),
    ),
    parts=(
        Part("", 3, ("Three ways, one number: compare the printed digits.",)),
        Part(
            "Predict first",
            7,
            ("One number decides: q = max |1 − ημ|. At 13.7 it is just above 1, and there is time to be deceived.",),
        ),
        Part(
            "Play: longer, hotter, until it explodes",
            9,
            ("Each round is checked against central differences: trust is not needed.",),
            skip="Three minutes on the projector: unroll up, then rate beyond 13.6.",
        ),
        Part("Against black boxes", 7, ("From a rate of 50 the gradient says the right thing, far too loudly.",)),
        Part("Exercises", 15, ("08.forward is one more vector beside the training.",), skip="Only 08.terms."),
        Part("Take it to full scale", 2, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("What gradients are for: many hyperparameters. Here are two to four.",)),
    ),
    mishaps=(
        Mishap(
            "08.q1",
            "A larger rate is thought to converge sooner.",
            "Is the training itself stable there? The limit is printed.",
            "it agrees sooner: larger steps",
        ),
        Mishap(
            "08.q2",
            "The gradient is expected to win because it knows more.",
            "How many directions are there to know with two hyperparameters?",
            "hypergradients from the middle",
        ),
        Mishap(
            "08.forward",
            "λ acts on the weights twice, but only one term is carried.",
            "Differentiate λw by λ: there are two terms, since w depends on λ.",
            "import numpy as np\n"
            "\n"
            "def hypergradient(X, y, V, t, eta, lam, T):\n"
            "    w, z = np.zeros(X.shape[1]), np.zeros(X.shape[1])\n"
            "    for _ in range(T):\n"
            "        z = z - eta * (X.T @ (X @ z) / len(y) + w)\n"
            "        w = w - eta * (X.T @ (X @ w - y) / len(y) + lam * w)\n"
            "    return (V.T @ (V @ w - t) / len(t)) @ z",
        ),
        Mishap(
            "08.terms",
            "A series that never gets there is given a number.",
            "What is q when ημ is larger than 2?",
            "import math\n"
            "\n"
            "def terms(eta, mus, error):\n"
            "    q = max(1 - eta * mu for mu in mus)\n"
            "    return math.ceil(math.log(error) / math.log(q))",
        ),
        Mishap(
            "hypergradient",
            "Short truncated unrolls are given up because their gradient is off.",
            "Let it walk: does it still go downhill?",
        ),
    ),
)
