"""Lektion 01, Gitter- und Zufallssuche."""

from nasbook.course.translations import Asked, Task

TITLE = "Sei der Optimierer: Gitter- und Zufallssuche"

ASKS = {  # what a teacher asks before a question or a lab: by its name
    "game": "Wohin setzt du deinen ersten Klick, und was weißt du danach über x1?",
}

QUESTIONS = {
    "01.q1": Asked(
        "Zwanzig solcher Flächen, je 25 Versuche, importance 0,05. Wessen bester Wert liegt im Mittel näher am tiefsten?",
        ("der des Gitters", "der der Zufallssuche", "etwa gleich: näher als der doppelte Standardfehler"),
    ),
    "01.q2": Asked(
        "Wie viele zufällige Versuche machen es zu 95 % wahrscheinlich, dass mindestens einer zu den besten 5 % des "
        "Raums gehört?",
        (
            "20, in jeder Zahl von Dimensionen",
            "etwa 60, in jeder Zahl von Dimensionen",
            "etwa 60 bei zwei Hyperparametern, weit mehr bei sechs",
        ),
    ),
}

EXERCISES = {
    "01.distinct": Task(
        "Schreibe <code>distinct(points)</code>: für ein Feld aus n Punkten mit d Koordinaten, Form (n, d), die Zahl der "
        "<i>verschiedenen</i> Werte in jeder Spalte, als d Zahlen.",
        (
            "<code>np.unique(a)</code> gibt die verschiedenen Werte eines eindimensionalen Felds zurück.",
            "<code>points.T</code> lässt sich durchlaufen: es liefert eine Spalte nach der anderen.",
        ),
        "Ein Gitter aus 25 Punkten hat 5 verschiedene Werte auf jeder Achse, 25 zufällige Punkte haben 25. Was das Gitter "
        "für die unwichtige Achse ausgibt, ist verloren.",
    ),
    "01.enough": Task(
        "Ein zufälliger Versuch liegt mit der Wahrscheinlichkeit <code>share</code> im besten Anteil <code>share</code> "
        "des Raums. Schreibe <code>trials_needed(share, confidence)</code>: die kleinste ganze Zahl unabhängiger "
        "zufälliger Versuche, von denen mit Wahrscheinlichkeit <code>confidence</code> oder mehr mindestens einer dort "
        "liegt.",
        (
            "Alle n Versuche verfehlen ihn mit Wahrscheinlichkeit (1 − share)ⁿ, also trifft mindestens einer mit "
            "1 − (1 − share)ⁿ.",
            "Löse 1 − (1 − share)ⁿ = confidence mit Logarithmen nach n auf und runde mit <code>math.ceil</code> auf.",
        ),
        "Für die besten 5 % mit 95 % sind es 59, in zwei Dimensionen wie in zweihundert. Aber die besten 5 % eines großen "
        "Raums können weit vom besten Punkt entfernt sein.",
    ),
}

SENTENCES = [
    (r"a grid of 5 × 5 points", "ein Gitter aus 5 × 5 Punkten"),
    (r"25 random points", "25 zufällige Punkte"),
    (r"7 points of which one coordinate never changes", "7 Punkte, von denen sich eine Koordinate nie ändert"),
    (r"points drawn at random", "zufällig gezogene Punkte"),
    (r"(distinct|trials_needed) must be a function, not a (\w+)", r"\1 muss eine Funktion sein, nicht \2"),
    (r"the array of points has been changed: work on a copy",
     "das Feld der Punkte wurde verändert: arbeite mit einer Kopie"),
    (r"for (.*?) the result must be (\d+) counts, one a column, not the single number",
     r"für \1 muss das Ergebnis aus \2 Anzahlen bestehen, einer je Spalte, nicht aus der einzelnen Zahl"),
    (r"for (.*?) the result must be (\d+) counts, one a column, not (\d+)",
     r"für \1 muss das Ergebnis aus \2 Anzahlen bestehen, einer je Spalte, nicht aus \3"),
    (r": the columns have (\[.*?\]) different values, yours are (\[.*?\])\.",
     r": die Spalten haben \1 verschiedene Werte, deine sind \2."),
    (r"That counts the points: two of them may share a coordinate\.",
     "Das zählt die Punkte: zwei davon können eine Koordinate gemeinsam haben."),
    (r"That counts along the rows: an axis is a column\.", "Das zählt die Zeilen entlang: eine Achse ist eine Spalte."),
    (r"for the best (\d+%) and a probability of (\d+%)", r"für die besten \1 und eine Wahrscheinlichkeit von \2"),
    (r"the result must be a number of trials, not", "muss das Ergebnis eine Zahl von Versuchen sein, nicht"),
    (r"the result must be a whole number of trials, not", "muss das Ergebnis eine ganze Zahl von Versuchen sein, nicht"),
    (r"at least one trial is needed, not", "ist mindestens ein Versuch nötig, nicht"),
    (r"(\d+) trials are too few: at least one of them is that good with probability",
     r"sind \1 Versuche zu wenige: mindestens einer davon ist so gut mit der Wahrscheinlichkeit"),
    (r"Shares do not add up: two trials may lie in the same good part\.",
     "Anteile addieren sich nicht: zwei Versuche können im selben guten Teil liegen."),
    (r"(\d+) trials are enough, but not the smallest number: (\d+) reach (\S+) already",
     r"genügen \1 Versuche, doch es ist nicht die kleinste Zahl: \2 erreichen schon \3"),
    (r"The grid's best lies (\S+ ± \S+) above random search's\. The grid tried only 5 values of the axis that matters, "
     r"each of them five times; random search tried 25\.",
     r"Der beste Wert des Gitters liegt um \1 über dem der Zufallssuche. Das Gitter hat nur 5 Werte der wichtigen Achse "
     r"versucht, jeden fünfmal, die Zufallssuche 25."),
    (r"All n trials miss with probability 0\.95ⁿ; the number of dimensions is not in that formula\.",
     "Alle n Versuche verfehlen mit der Wahrscheinlichkeit 0,95ⁿ; die Zahl der Dimensionen steht nicht in dieser Formel."),
]  # fmt: skip
