"""Exercises of a teacher's own: five lines, checked like the others, sealed, and in a class folder."""

import json
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

import nasbook
from nasbook.cli import main
from nasbook.course import Exercise, own, own_exercises, seal, use
from nasbook.course.exercises import run_cell
from nasbook.course.own_exercises import differs

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FILE = """
import nasbook
@nasbook.course.own("class.mean", "Write <code>mean(x)</code>: the mean of some numbers.", on=[[1, 2, 3], [4.0], [0, 9]],
                    mistakes={"That is the sum: divide it by how many there are.": lambda x: sum(x)})
def mean(x):
    return sum(x) / len(x)

@nasbook.course.own("class.scale", "Write <code>scale(a, c)</code>.", on=lambda rng: (rng.normal(size=4), rng.normal()))
def scale(a, c):
    import numpy as np
    return np.asarray(a) * c
"""


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(own_exercises, "EXERCISES", {})
    monkeypatch.setattr(own_exercises, "QUESTIONS", {})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "exercises.py"
    path.write_text(FILE)
    return path


def test_five_lines_make_an_exercise_like_the_others(file):
    assert use(file) == ["class.mean", "class.scale"]
    for name in ("class.mean", "class.scale"):
        exercise = nasbook.exercise(name)
        assert isinstance(exercise, Exercise) and "own(" not in exercise.solution
        assert exercise.check(run_cell(exercise.solution)[exercise.answer])
        stub = nasbook.exercise(name).check(run_cell(exercise.stub)[exercise.answer])
        assert not stub and "still" in stub.message
        assert all(len(h) > 20 for h in exercise.hints)
    mean = nasbook.exercise("class.mean")
    assert mean.stub == "def mean(x):\n    return ..." and "is 2.0" in mean.hint(1)
    assert nasbook.exercise("class.mean", solution=False).solution == ""


def forever_wrong(x):
    x.append(0)
    return sum(x[:-1]) / (len(x) - 1)


def as_it_was(x):
    return x


def with_a_default(x, unit=object()):  # noqa: B008
    return x


class Bare:
    @property
    def __code__(self):
        raise RuntimeError("nobody at home")

    def __call__(self, x):
        return x


class Strange:
    def __eq__(self, other):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError


def stop(x):
    sys.exit(3)


def deep(x):
    return deep(x)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda x: sum(x), "That is the sum"),
        (lambda x: 2.0, r"mean([4.0]) must be 4.0, not 2.0"),
        (lambda x: None, "not None"),
        (lambda x: "2.0", "not '2.0'"),
        (lambda x: True, "not True"),
        (lambda x: [2.0], "not [2.0]"),
        (lambda x: np.full(2, 2.0), "not array("),
        (lambda x: float("nan"), "not nan"),
        (lambda x: Strange(), "not a Strange"),
        (lambda x: (i for i in x), "not <generator"),
        (lambda: 2.0, "raised TypeError"),
        (lambda x: 1 / 0, "raised ZeroDivisionError"),
        (stop, "raised SystemExit"),
        (deep, "raised RecursionError"),
        (forever_wrong, "has changed what it was given"),
        ("mean", "mean must be a function, not a str"),
        (7, "must be a function"),
        (Bare(), "raised RuntimeError"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong_and_never_raises(file, answer, says):
    use(file)
    result = nasbook.exercise("class.mean").check(answer)
    assert not result.passed and says in result.message and "\n" not in result.message


def test_what_agrees_and_what_does_not():
    for got, right in [(1, 1.0), (1.0 + 1e-9, 1), ([1, 2], (1, 2)), (np.array([1, 2]), [1, 2]), ({"a": [1]}, {"a": (1.0,)}),
                       ("x", "x"), (None, None), (np.float32(0.1), 0.1), (float("nan"), float("nan")), (True, np.True_),
                       ([[1], [2, 3]], [[1], [2, 3]]), ({1, 2}, {2, 1}), (np.array(3), np.array(3)), (3, np.array(3)),
                       (10**400, 10**400), (2.0**70, 2**70), (1j + 1e-9, np.complex128(1j))]:  # fmt: skip
        assert differs(got, right) is None, (got, right)
    for got, right in [(1, True), (True, 1), ([1], 1), (1, [1]), ([1, 2], [1]), ("1", 1), ({}, {"a": 1}), ([1, [2]], [1, 2]),
                       (None, 0), (1j, 1), (np.eye(2), np.eye(3)), ("abc", ["a", "b", "c"]), ({1: 1}, [1]), (Strange(), None),
                       (10**400, 10**401), (1.0, 10**400), (np.complex128(1 + 2j), 1), (1, np.complex128(1 + 2j))]:  # fmt: skip
        assert differs(got, right), (got, right)


def test_a_function_that_works_in_place_is_tried_by_what_it_leaves():
    @own(
        "class.order",
        "Sort <code>x</code> in place.",
        on=[[3, 1, 2], ["<b>", "a"]],
        mistakes={"From the lowest to the highest.": lambda x: x.sort(reverse=True)},
    )
    def order(x):
        x.sort()

    assert order.check(lambda x: x.sort()) and "makes of its input ([1, 2, 3],)" in order.hint(1)
    idle = order.check(lambda x: None)
    assert not idle and "afterwards must be ([1, 2, 3],), not ([3, 1, 2],)" in idle.message
    assert not order.check(lambda x: sorted(x)) and not order.check(lambda x: x.clear())


def test_a_mistake_may_raise():
    def size(x):
        return len(x)

    @own("class.tag", "?", on=["<b>"], mistakes={"Nothing is no list.": lambda x: x[9], "No.": lambda x: sys.exit(3)})
    def tag(x):
        return x + "</b>"

    assert "&lt;b&gt;" in tag.hint(1), "the hint is HTML"
    assert own("class.size", "?", on=[[], [1]], mistakes={"Count.": lambda x: x[0]})(size).check(len)


def test_a_sealed_file_says_nothing_in_passing_and_works_the_same(file, tmp_path):
    out = seal(file)
    assert out == tmp_path / "exercises.sealed" and out.read_bytes() == seal(file, tmp_path / "b").read_bytes()
    text = out.read_text()
    assert not any(word in text for word in ("mean", "len(x)", "def ", "sum", "That is"))
    file.unlink()
    assert use(out) == ["class.mean", "class.scale"]
    assert nasbook.exercise("class.mean").solution == "def mean(x):\n    return sum(x) / len(x)"


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("e.sealed", b"", "is no file of exercises: not JSON"),
        ("e.sealed", b"{}", "lacks the schema"),
        (
            "e.sealed",
            b'{"schema": "nasbook/exercises@2"}',
            "it was written by a newer nasbook .nasbook/exercises@2; this",
        ),
        ("e.sealed", b'{"schema": "nasbook/exercises@0"}', "lacks the schema"),
        ("e.sealed", json.dumps({"schema": own_exercises.SCHEMA, "sealed": ["AAAA"]}).encode(), "it is damaged"),
        ("e.sealed", json.dumps({"schema": own_exercises.SCHEMA, "sealed": 3}).encode(), "it is damaged"),
        ("e.sealed", json.dumps({"schema": own_exercises.SCHEMA}).encode(), "it is damaged"),
        ("e.py", b"\xff\xfe", "is no file of exercises"),
        ("e.py", b"x = 1\n", "e.py has no exercise in it"),
        ("e.py", b"x = (\n", "e.py, line 1: SyntaxError"),
        ("e.py", b"\n\n1 / 0\n", "e.py, line 3: ZeroDivisionError"),
        ("e.py", b"import sys\nsys.exit(0)\n", "e.py, line 2: SystemExit"),
        ("e.py", b"QUESTIONS = [1]\n", "QUESTIONS must be a list of nasbook.course.Question"),
        ("e.py", b"EXERCISES = {1: 2}\n", "EXERCISES must be a list of nasbook.course.Exercise"),
        ("e.py", FILE.replace("class.scale", "class.mean").encode(), "e.py has two exercises class.mean"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, name, data, says):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=says.replace("(", r"\(")) as error:
        use(tmp_path / name)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="there is no file"):
        use(tmp_path / "gone.py")
    with pytest.raises(ValueError, match="is a folder"):
        use(tmp_path)


def test_what_a_teacher_gets_wrong_is_one_sentence(file):
    for name in ("mean", "03.ei", "23.x", "a.b.c", "", "x/y.z", "=1.x"):
        with pytest.raises(ValueError, match="is no name for an exercise"):
            own(name, "?", on=[1])
    with pytest.raises(ValueError, match="at least one input"):
        own("class.a", "?", on=[])
    with pytest.raises(ValueError, match="gives what is right on all inputs"):
        own("class.a", "?", on=[0], mistakes={"twice": lambda x: 2 * x})(as_it_was)
    file.write_text(
        FILE.replace("    import numpy as np\n", "").replace("import nasbook\n", "import nasbook, numpy as np\n")
    )
    with pytest.raises(ValueError, match="class.scale: its own solution does not pass as a cell of its own: NameError"):
        seal(file)
    for right in (lambda x: x, with_a_default):
        with pytest.raises(ValueError, match="class.a: its solution must be a def"):
            own("class.a", "?", on=[3])(right)
    file.write_text(FILE)
    with pytest.raises(ValueError, match="would be written over"):
        seal(file, file)


def test_a_class_folder_takes_them(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(NOTEBOOKS.parent)
    out = tmp_path / "class"
    ask = "QUESTIONS = [nasbook.course.Question('class.q', 'Which?', ('a', 'b'), lambda x: (0, ''))]\n"
    file.write_text(FILE + ask)
    assert main(["course", "new", "--no-pictures", "--lessons", "00", "--exercises", str(file), str(out)]) == 0
    theirs = nbformat.read(out / "student/exercises.ipynb", 4)
    nbformat.validate(theirs)
    assert "sum(x)" not in "".join(p.read_text() for p in (out / "student").iterdir() if "exercises" in p.name)
    for who, passes in (("student", False), ("teacher", True)):
        monkeypatch.chdir(out / who)
        names = {}
        for cell in nbformat.read("exercises.ipynb", 4).cells:
            if cell.cell_type == "code" and "check" in cell.metadata.get("nasbook", {}):
                assert eval(cell.source, names).passed is passes
            elif cell.cell_type == "code" and "progress" not in cell.source:
                exec(cell.source, names)
        assert names["guess"].options == ["a", "b"]
    assert "Exercises of your class" in nasbook.progress().children[0].value
    monkeypatch.chdir(NOTEBOOKS.parent)
    file.write_text("1 / 0")
    assert (
        main(["course", "new", "--no-pictures", "--lessons", "00", "--exercises", str(file), str(tmp_path / "d")]) == 2
    )
    assert "exercises.py, line 1: ZeroDivisionError" in capsys.readouterr().err and not (tmp_path / "d").exists()


def test_the_command_seals(file, tmp_path, capsys):
    assert (
        main(["course", "seal", str(file), "-o", str(tmp_path / "x.sealed")]) == 0 and (tmp_path / "x.sealed").exists()
    )
    assert main(["course", "seal", str(tmp_path / "gone.py")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_question_of_ones_own_comes_from_a_file(tmp_path):
    (tmp_path / "q.py").write_text(
        "from nasbook.course import Question\n"
        "QUESTIONS = [Question('class.q', 'Which?', ('a', 'b'), lambda x: (int(x > 0), 'because'))]\n"
    )
    assert use(tmp_path / "q.py") == ["class.q"]
    guess = nasbook.predict("class.q")
    guess.lock("a")
    assert guess.reveal(3).outcome == "b"
    assert "1 locked, 0 of 1 right" in nasbook.progress().children[0].value.split("Exercises of your class")[1]


def test_no_file_takes_the_place_of_a_lessons_exercise(tmp_path):
    (tmp_path / "q.py").write_text(
        "from nasbook.course import Question\n"
        "QUESTIONS = [Question('03.q1', 'Which?', ('a', 'b'), lambda x: (0, ''))]\n"
    )
    for way in (use, seal):  # what nobody can open is not sealed either
        with pytest.raises(ValueError, match="'03.q1' is no name"):
            way(tmp_path / "q.py")
    assert nasbook.predict("03.q1").question != "Which?"


ARGUMENTS = {  # of `own`, as a teacher in a hurry writes them -> what is said
    "3, 'p', on=[1]": "must be text, such as class.mean",
    "'c.a', None, on=[1]": "the prompt, and why, must be text",
    "'c.a', ' ', on=[1]": "the prompt, and why, must be text",
    "'c.a', 'p', on=3": "name at least one input to try",
    "'c.a', 'p', on='abc'": "name at least one input to try",
    "'c.a', 'p', on={1: 2}": "name at least one input to try",
    "'c.a', 'p', on=[1], hints='h'": "there must be two hints",
    "'c.a', 'p', on=[1], hints=('a', 'b', 'c')": "there must be two hints",
    "'c.a', 'p', on=[1], mistakes=[lambda x: x]": "mistakes must be what to say with the function",
    "'c.a', 'p', on=[1], mistakes={'said': 3}": "mistakes must be what to say with the function",
    "'c.a', 'p', on=[1], mistakes={(lambda x: x): 'said'}": "mistakes must be what to say with the function",
}


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_arguments_that_are_none_are_one_sentence(tmp_path, arguments):
    path = tmp_path / "e.py"
    path.write_text(f"import nasbook\n\n@nasbook.course.own({arguments})\ndef f(x):\n    return x + 1\n")
    with pytest.raises(ValueError, match=ARGUMENTS[arguments]) as error:
        own_exercises.tried(path)
    assert "e.py, line 3" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("'t', ('a', 'b'), 3", "its judge a function"),
        ("3, ('a', 'b'), len", "its text must be text"),
        ("'t', ('a',), len", "at least two different answers"),
        ("'t', 'ab', len", "at least two different answers"),
        ("'t', (1, 2), len", "at least two different answers"),
        ("'t', ('a', 'b', 'a'), len", "two of its answers are the same"),
        ("'t', ('a', 'b'), len), Question('c.q', 't', ('a', 'b'), len", "two questions of one name"),
    ],
)
def test_a_question_that_could_not_be_asked_is_one_sentence(tmp_path, question, says):
    path = tmp_path / "e.py"
    path.write_text(f"from nasbook.course import Question\nQUESTIONS = [Question('c.q', {question})]\n")
    with pytest.raises(ValueError, match=says) as error:
        own_exercises.use(path)
    assert "\n" not in str(error.value)
