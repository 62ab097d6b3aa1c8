"""The course kit: exercises that say what is wrong, predictions that are locked before the run, and progress that can
be carried away and brought back.

    task = nasbook.exercise("03.ei")        # shows the prompt, two hints and, on demand, a solution
    task.check()                            # says what is wrong with an answer
    guess = nasbook.predict("03.q1")        # a question of a lesson; or your own, with a text and options
    guess.reveal(what_was_measured)         # the locked answer beside the outcome
    nasbook.progress()                      # what is done; download it, bring it back
    nasbook.course.report("progress")       # what a class has done, from the files of its learners
    nasbook.course.use("exercises.sealed")  # exercises of your own: see nasbook.course.own_exercises
"""

from nasbook.course.exercises import Exercise, Result
from nasbook.course.lessons import exercise, predict
from nasbook.course.overview import progress
from nasbook.course.own_exercises import own, seal, use
from nasbook.course.predictions import Prediction, Question
from nasbook.course.record import Record
from nasbook.course.teach.report import report

__all__ = [
    "Exercise",
    "Prediction",
    "Question",
    "Record",
    "Result",
    "exercise",
    "own",
    "predict",
    "progress",
    "report",
    "seal",
    "use",
]
