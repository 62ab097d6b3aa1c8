"""The smallest real lab: random search, drawn as dots over one parameter."""

import numpy as np

import nasbook
from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.widgets.shell import Lab, choose, count, slide, tick


class Dots(Picture):
    """State: a list of steps."""

    figsize = (7.2, 3.0)

    def build(self, fig):
        self.axes = style.axes(fig, 0.7, 0.5, 0.2, 0.4)
        self.axes.set(xlim=(0, 1), ylim=(-8, 18), xlabel="x", ylabel="f(x)")
        self.dots = self.live(self.axes.plot([], [], "o", color=style.TRIAL)[0])
        self.title(fig)

    def update(self, state):
        self.n = len(state)
        self.dots.set_data([s.trial.config["x"] for s in state], [s.trial.value for s in state])
        self.say(f"{self.n} trials")
        return False

    def alt(self):
        return f"{self.n} trials over x"


class DotsLab(Lab):
    name = "dots"
    broken = None  # what is to go wrong

    def settings(self):
        return [
            choose("task", "Objective", ["forrester", "nothing"], "forrester", "The function that is minimised."),
            slide("trials", "Trials", 12, 5, 60, 1, "How many configurations the search may try."),
            slide("width", "Width", 0.1, 0.01, 1.0, 0.1, "A length that changes nothing.", log=True, effect="live"),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other random numbers.", more=True),
            tick("band", "Show the band", True, "Draw the uncertainty.", more=True),
        ]

    def prepare(self):
        self.task = nasbook.task(self.values["task"])
        self.method = nasbook.method("random", self.task.space, seed=self.values["seed"])
        self.picture = Dots()
        self.use(self.picture)
        self.clickable("Click to try a point.", self.picture.axes)
        self.clicks, self.changes = [], []

    def make_search(self):
        for step in self.search(self.method, self.task, trials=self.values["trials"]):
            if self.broken == "search" and step.index == 2:
                raise RuntimeError("the objective is out of order")
            yield step

    def frame(self, n):
        if self.broken == "frame" and n:
            raise ZeroDivisionError("no room to draw")
        return self.steps[:n]

    def sentence(self, n):
        trial = self.steps[n - 1].trial
        return f"Tried {trial.config['x']:.2f} and found {trial.value:.2f}."

    def changed(self, name):
        if self.broken == "changed":
            raise ValueError("width does not fit")
        self.changes.append((name, self.values[name]))

    def picked(self, axes, x, y):
        self.clicks.append((axes, x, y))


def pixels(lab):
    from io import BytesIO

    from PIL import Image

    return np.asarray(Image.open(BytesIO(lab.image.png)).convert("RGB"))
