"""Lesson 25, priors that generate problems, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="25",
    objective="They can say why guessing the rest of drawn functions is Bayesian inference, write a prior as a function "
    "that draws, and say where the network that learned it fails.",
    misconception="A network cannot know what it does not know.",
    asks=(
        Ask("25.q1", "How could a network do inference that was never told Bayes' rule?",
            "Some say that it interpolates. Ask what, then, it would answer without any point."),
        Ask("prior", "Same four points, another prior: what will change between them, and what at them?",
            "Those who expect no change take the points for the whole of the evidence."),
        Ask("25.q2", "Would you trust the error bar of a network?",
            "Most would not, and are right about the networks they know. What differs here is what it was trained to do."),
        Ask("25.q3", "And if the functions are of another kind: is the exact posterior of the wrong prior safer?",
            "Many hope so. Exact refers to the prior, not to the world."),
    ),
    parts=(
        Part("", 3, ("A prior is a function that draws; three lines of code can be one.",)),
        Part("Inference as a guessing game", 7,
             ("The mean of −log q is least at the posterior predictive: write the difference as a KL divergence.",
              "It never sees a function twice, so there is nothing to remember.",)),
        Part("Play: train it, drag points, change the prior", 8,
             ("First change the prior with the same points, then take the points away.",),
             skip="Three minutes on the projector: the same points under four priors."),
        Part("Does it know what it does not know?", 8,
             ("The question was put wrongly: know, under which prior?",)),
        Part("Exercises", 9, ("25.draw: first the numbers of the curve, then the curve.",),
             skip="Only 25.draw; 25.nll is one line of the loss."),
        Part("Your prior, learned", 3, ("Nobody has a formula for this posterior, and it took seconds.",)),
        Part("Where it fails: more points than it was ever shown", 2,
             ("Read the last column: the formula goes on, the network stays.",)),
        Part("A small race", 2, ("No fit, and yet slower: 680,000 weights against a matrix of 20 by 20.",),
             skip="Read the milliseconds aloud and go on."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("The price of the training is not in the milliseconds.",)),
    ),
    mishaps=(
        Mishap("25.q1", "A short training is thought to give next to nothing.",
               "How many functions did it see, and what did it have to know of each?",
               "more than 0.3: that is far too little"),
        Mishap("25.q2", "What is known of classifiers is carried over.",
               "What does −log q cost if the interval is too narrow, and if it is too wide?",
               "in less than 90 %: networks are too sure"),
        Mishap("25.q3", "Exact is taken for right.",
               "Exact under which prior? Did that prior ever draw a jump?",
               "the formula's, by 10 points or more"),
        Mishap("25.nll", "The probability of the bar is taken for the density.",
               "Halve the width of a bar and keep its probability: what happens to the density?",
               "import numpy as np\n"
               "\n"
               "def nll(p, edges, y):\n"
               "    b = np.searchsorted(edges, y) - 1\n"
               "    return -np.log(p[np.arange(len(y)), b])"),
        Mishap("25.draw", "New numbers are drawn for every x, so that it is no curve.",
               "Call it twice with the same seed, once for one x and once for ten. Is the value at that x the same?",
               "import numpy as np\n"
               "\n"
               "def draw(rng, x):\n"
               "    n = len(x)\n"
               "    a, c, tau = rng.uniform(0.5, 1, n), rng.uniform(0, 0.5, n), rng.uniform(0.05, 0.5, n)\n"
               "    return c + (a - c) * np.exp(-x / tau)"),
        Mishap("25.draw", "The random numbers come from np.random, so that no training can be repeated.",
               "What is `rng` for?",
               "import numpy as np\n"
               "\n"
               "def draw(rng, x):\n"
               "    a, c, tau = np.random.uniform(0.5, 1), np.random.uniform(0, 0.5), np.random.uniform(0.05, 0.5)\n"
               "    return c + (a - c) * np.exp(-x / tau)"),
        Mishap("prior", "With the prior “steps” the density has two humps between two points, and they think that the "
               "network is unsure of its training.",
               "Where may the jump be? What does the function do on either side?"),
    ),
)  # fmt: skip
