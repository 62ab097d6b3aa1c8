"""Lesson 24, what transfers, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="24",
    objective="They can say which settings of a small training may be taken to a large one, by which rule, and measure"
    " the power by which a best rate moves.",
    misconception="A good learning rate is a property of the data and the optimiser.",
    asks=(
        Ask(
            "24.q1",
            "Eight times as many units in a layer, and nothing else. What becomes of the best rate?",
            "Who says the same thinks of a rate as a speed; who says higher thinks that the work is shared.",
        ),
        Ask(
            "24.q2",
            "And if each layer has a rate of its own, by a rule: what does the toy's rate cost the wide network?",
            "Doubt is welcome here. The next cell measures it over ten seeds.",
        ),
        Ask(
            "width",
            "What will the stars do when I switch to SGD?",
            "They expect the same drift. It hardly shows at these widths: a limit is not a toy.",
        ),
    ),
    parts=(
        Part("", 1, ("Small networks for large ones: what of the numbers may be taken along?",)),
        Part(
            "Where does the best rate go?",
            6,
            (
                "Read the last line aloud: what the toy's best rate costs.",
                "Ten seeds, and a best rate for each: the spread says how far to believe it.",
            ),
        ),
        Part(
            "Why, and what to do",
            8,
            (
                "Draw n arrows that point anywhere, then n arrows that point one way. That is all of it.",
                "At the base width every factor is 1.",
            ),
        ),
        Part("Play: widen it", 4, ("Switch to μP and back; what was trained is kept.",), skip="Show the two pictures."),
        Part("Other sizes", 2, ("Two rows say that nothing is known. Leave them there.",)),
        Part("Where it fails", 3, ("A rate is best for a number of steps.",), skip="Only the sentence in bold."),
        Part("Take it to full scale", 2, ("Read the column by which each value has changed.",), skip="Leave it out."),
        Part("Exercises", 12, ("24.power: one seed gives a number, too.",), skip="Only 24.power."),
        Part("What this did not show", 2),
    ),
    mishaps=(
        Mishap(
            "24.q1",
            "The rate is thought to be the same.",
            "Each weight moves as far as before. How many of them add up?",
            "the same",
        ),
        Mishap(
            "24.q2",
            "A rule is thought to help a little.",
            "What does it change at width 32? And what at 256?",
            "more than twice as large",
        ),
        Mishap(
            "width",
            "One seed and one place of the grid are taken for a drift.",
            "How far apart are the rates that were tried? Look at more seeds under More.",
        ),
        Mishap(
            "24.power",
            "The two logarithms have different bases.",
            "What is the slope if both are doubled?",
            "import numpy as np\n\ndef power(widths, best):\n"
            "    slopes = np.polyfit(np.log(widths), np.log2(best), 1)[0]\n"
            "    return slopes.mean(), slopes.std(ddof=1) / len(slopes) ** 0.5",
        ),
        Mishap(
            "24.power",
            "One seed is used.",
            "What does the second seed say?",
            "import numpy as np\n\ndef power(widths, best):\n"
            "    slope = np.polyfit(np.log(widths), np.log(best[:, 0]), 1)[0]\n    return slope, 0.0",
        ),
        Mishap(
            "24.rates",
            "The output layer's power is taken for the hidden layer's.",
            "How large is the gradient that reaches a hidden unit, when the weights above it are of 1/m?",
            "def layer_rates(rate, m, optimizer):\n"
            '    return (rate, rate / m, rate / m) if optimizer == "adam" else (rate * m, rate / m, rate / m)',
        ),
        Mishap(
            "24.rates",
            "The sign of the power slips.",
            "Does a sum over more numbers grow or shrink? What must the rate do?",
            "def layer_rates(rate, m, optimizer):\n"
            '    return (rate, rate * m, rate * m) if optimizer == "adam" else (rate / m, rate, rate * m)',
        ),
    ),
)
