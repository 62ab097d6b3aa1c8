"""Lesson 15, performance estimation, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="15",
    objective="They can say what an estimate costs and is worth, hold a proxy against a count, and read a "
    "predictor's uncertainty.",
    misconception="Proxies are free.",
    asks=(
        Ask(
            "15.q1",
            "Ten seconds: judge few cells well, or many cells badly?",
            "Both camps have a point. Ask for the budget at which they would change sides.",
        ),
        Ask(
            "estimators",
            "At which budget will the rows change places?",
            "Let them say a number before the slider moves.",
        ),
        Ask(
            "15.q2",
            "No training at all: what could it still cost?",
            "A new network, a batch, a gradient. Few think of the first.",
        ),
        Ask(
            "15.q3",
            "A predictor sees all cells that were trained before. How far ahead will it be with 100 of them?",
            "They expect much. Ask whether six seeds could show a little.",
        ),
    ),
    parts=(
        Part("", 2, ("Only the order of the estimates has to be right.",)),
        Part("One budget, several judges", 4),
        Part("Play: move the budget", 8, ("Rows swap places: that is the lesson in one picture.",)),
        Part("Are proxies free?", 4),
        Part(
            "BO-NAS: let a predictor choose",
            10,
            ("In the lab every dot was predicted before it was evaluated: count those within their bars.",),
            skip="Show the printed race; leave the lab for home.",
        ),
        Part(
            "Give a strategy an estimator",
            2,
            ("Snip wins here because weights are good here; exercise 15.beyond asks what is left.",),
        ),
        Part("Exercises", 12, ("15.beyond asks whether a proxy says more than a count.",), skip="Only 15.beyond."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part(
            "What this did not show",
            2,
            ("An epoch here takes 0.03 s; where trainings are long, the order of judges need not hold.",),
        ),
    ),
    mishaps=(
        Mishap(
            "15.q1",
            "The best ranking is thought to give the best choice.",
            "How many cells has each judge seen in ten seconds?",
            "that of full training",
        ),
        Mishap(
            "15.q2",
            "Zero-cost is taken at its word.",
            "Count the steps of an epoch here: there are six.",
            "less than 5 % of an epoch",
        ),
        Mishap(
            "15.beyond",
            "The plain correlation of score and truth is returned.",
            "Would the number of parameters not get that, too?",
            "from scipy.stats import spearmanr\n"
            "\n"
            "def beyond(score, parameters, truth):\n"
            "    return spearmanr(score, truth).statistic",
        ),
        Mishap(
            "15.beyond",
            "The square root is forgotten.",
            "Can your number be larger than the plain correlation says it should? Try a proxy that is the truth "
            "itself.",
            "from scipy.stats import spearmanr\n"
            "\n"
            "def beyond(score, parameters, truth):\n"
            "    st = spearmanr(score, truth).statistic\n"
            "    sp = spearmanr(score, parameters).statistic\n"
            "    tp = spearmanr(truth, parameters).statistic\n"
            "    return (st - sp * tp) / ((1 - sp**2) * (1 - tp**2))",
        ),
        Mishap(
            "15.dropout",
            "What is left is not scaled up.",
            "With half of the units away, how large is the output on average?",
            "def mc_dropout(h, w, p, T, rng):\n"
            "    z = rng.random((T, len(w))) >= p\n"
            "    f = (z * w) @ h.T\n"
            "    return f.mean(0), f.std(0)",
        ),
    ),
)
