"""Lesson 14, several objectives, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="14",
    objective="They can find and measure a front, say what a weighted sum misses, and charge a search for the time "
    "that its network takes.",
    misconception="FLOPs are latency.",
    asks=(
        Ask(
            "14.q1",
            "Of 15,625 cells, how many would you have to show somebody who wants both?",
            "High guesses come from those who think of good cells, not of cells that nobody beats in both.",
        ),
        Ask(
            "14.q2",
            "Turn the weight from 0 to 1. Do you get every point of the front?",
            "Draw a hollow front on the board and a straight line that comes down on it.",
        ),
        Ask(
            "pareto",
            "Where will the squares be missing?",
            "In the hollows. Let them point before you tick Weighted sum.",
        ),
        Ask(
            "14.q4",
            "FLOPs and latency rise together. Does one front do for the other?",
            "A high correlation over all cells is taken for agreement at the edge.",
        ),
        Ask(
            "14.q5", "A quarter fewer FLOPs: how much faster?", "Ask what three small layers cost besides multiplying."
        ),
    ),
    parts=(
        Part("", 4, ("There is no best any more, but there are many that are simply bad.",)),
        Part("Why not simply add them up?", 3),
        Part(
            "Play: the front of a search, and the true one",
            7,
            (),
            skip="Three minutes on the projector, the weight from end to end.",
        ),
        Part("One number for a front: the hypervolume", 2, ("Choose the reference point before you compare.",)),
        Part(
            "Two searches that do not add up",
            5,
            ("The level lines of a maximum are corners: a corner fits into a hollow.",),
        ),
        Part("A front answers every cap", 2),
        Part("Is counting FLOPs enough?", 3),
        Part(
            "On this machine: what an operation takes",
            4,
            ("The measured numbers are this machine's: read them aloud, they differ in every room.",),
        ),
        Part(
            "Charging for latency while the weights learn",
            6,
            (
                "One price, one network.",
                "A price acts at once; whether what it finds is good for its time is another question.",
            ),
            skip="Show the printed course of the expected latency.",
        ),
        Part("Play: a price, a cap, and several ways to weigh", 7, (), skip="Leave it for home."),
        Part("A rule instead of a search", 2, (), skip="Leave it out."),
        Part(
            "Exercises",
            26,
            ("14.front and 14.hypervolume are what the rest stands on.",),
            skip="Only 14.front and 14.hypervolume.",
        ),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            3,
            ("A front of single trainings flatters: train its points again before you choose.",),
        ),
    ),
    mishaps=(
        Mishap(
            "14.q1",
            "All good cells are counted.",
            "Take two good cells: is one of them better in both?",
            "more than 600",
        ),
        Mishap(
            "14.q2",
            "A weight is thought to reach every point.",
            "Where does a straight line touch a hollow?",
            "more than two thirds",
        ),
        Mishap(
            "14.q5",
            "FLOPs are read as time.",
            "How many layers are called, and what does a call cost?",
            "less than the convolution",
        ),
        Mishap(
            "14.front",
            "Equal points throw each other out.",
            "Is an equal point better anywhere?",
            "def nondominated(Y):\n"
            "    return [i for i, b in enumerate(Y)\n"
            "            if not any(all(x <= y for x, y in zip(a, b)) for j, a in enumerate(Y) if j != i)]",
        ),
        Mishap(
            "14.hypervolume",
            "The rectangles of all points are added up, with what they share.",
            "Two points, one behind the other: which part did you count twice?",
            "def hypervolume(points, ref):\n"
            "    return sum((ref[0] - x) * (ref[1] - y) for x, y in points if x < ref[0] and y < ref[1])",
        ),
        Mishap(
            "14.crowding",
            "The gaps are not divided by the range.",
            "One objective is in percent, the other in milliseconds. May you add them?",
            "import math\n"
            "\n"
            "def crowding(points):\n"
            "    distance = [0.0] * len(points)\n"
            "    for j in range(2):\n"
            "        order = sorted(range(len(points)), key=lambda i: points[i][j])\n"
            "        for before, i, after in zip(order, order[1:], order[2:]):\n"
            "            distance[i] += points[after][j] - points[before][j]\n"
            "        distance[order[0]] = distance[order[-1]] = math.inf\n"
            "    return distance",
        ),
        Mishap(
            "14.slope",
            "Each time is taken by itself, although the probabilities share a sum.",
            "If one probability grows, what do the others do? What must the slopes add up to?",
            "def slope(p, t):\n    return [a * b for a, b in zip(p, t)]",
        ),
        Mishap(
            "14.growth",
            "Width and resolution are not squared.",
            "A convolution from w to w channels on r × r pixels: how often does w stand in its cost, and how often r?",
            "def growth(alpha, beta, gamma, phi):\n    return (alpha * beta * gamma) ** phi",
        ),
    ),
)
