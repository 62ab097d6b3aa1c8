"""Lesson 10, random and evolutionary architecture search, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="10",
    objective="They can search architectures with a queue and a mutation, read a landscape, and compare fairly with "
    "random search.",
    misconception="Random search is a straw man.",
    asks=(
        Ask(
            "10.q1",
            "A hundred of 15,625 cells at random: how far below the best cell is the best of them?",
            "Nearly everybody says several points. Keep the guesses for the landscape.",
        ),
        Ask(
            "10.q2",
            "What does a population look like whose best member is always the parent?",
            "Listen for inbreeding, or for the word local optimum.",
        ),
        Ask(
            "10.q3",
            "Local search only climbs. Why might that be enough here?",
            "Good answers speak of neighbours that are alike. The landscape will show it.",
        ),
        Ask(
            "10.q4",
            "A child that knows all that its parent knew, against one that begins afresh: by how much does it win?",
            "They argue about how much. Ask whether ten seeds could show it at all.",
        ),
    ),
    parts=(
        Part("", 3, ("A search sees one training of a cell, the regret is about the mean of several: say it twice.",)),
        Part("First, random search", 3),
        Part(
            "Evolution: keep a population, let the good ones have children",
            8,
            ("The oldest leaves, however good it is: a lucky measurement dies.",),
            skip="Three minutes on the projector.",
        ),
        Part("Tournament size and diversity", 4),
        Part("Two other ways: crossover, and no population at all", 4),
        Part("Against random, at several budgets", 4, ("Read the columns, not only the last one.",)),
        Part("The landscape", 6, ("Few peaks, and more than half of them within about half a point of the best.",)),
        Part("Race them", 6, (), skip="Leave the race for home."),
        Part(
            "Networks that grow",
            12,
            (
                "A child begins where its parent ended: read the printed list.",
                "Ten seeds cannot tell the inherited weights from fresh ones here.",
            ),
            skip="Show one climb and its picture; leave the prediction and the lab.",
        ),
        Part(
            "Exercises",
            22,
            ("10.age is one line and the whole of regularised evolution.",),
            skip="Only 10.age and 10.pressure.",
        ),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("Ageing: this table's noise is too small for it to matter.",)),
    ),
    mishaps=(
        Mishap(
            "10.q1",
            "Chance is underestimated.",
            "How many of 15,625 cells are in the best 1 %, and how many does one expect in a hundred draws?",
            "more than 3 points of accuracy",
        ),
        Mishap(
            "10.q2",
            "Strong selection is thought to spread the members.",
            "Who is the parent of nearly everybody then?",
            "with S = 25",
        ),
        Mishap(
            "10.q4",
            "What is inherited is thought to show in the end in any case.",
            "How long is a training here, and who starts from the same good chain?",
            "the one that inherits",
        ),
        Mishap(
            "10.age",
            "The worst member leaves.",
            "Which word of the prompt is in bold? Who leaves there?",
            "def next_population(population, child):\n"
            "    everybody = population + [child]\n"
            "    everybody.remove(max(everybody, key=lambda member: member[1]))\n"
            "    return everybody",
        ),
        Mishap(
            "10.pressure",
            "The draws are added up.",
            "With S = P: is it certain that the best one is drawn?",
            "def p_best(P, S):\n    return S / P",
        ),
        Mishap(
            "10.widen",
            "Copies keep the outgoing weight of the original.",
            "Two equal units, two full weights: what does the sum become?",
            "def widen(W1, W2, g):\n    return W1[g], W2[:, g]",
        ),
        Mishap(
            "10.donor",
            "The chain ends where the shortest one does.",
            "How long shall the donor be, and who gives the layers that have no partner?",
            "def donor(x1, x2, x3, F, length):\n"
            "    return [[a + F * (b - c) for a, b, c in zip(p, q, r)] for p, q, r in zip(x1, x2, x3)]",
        ),
    ),
)
