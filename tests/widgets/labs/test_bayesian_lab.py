"""The Bayesian lab: what is drawn is what is done, and the trace tells the truth about who chose what."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.bayesian_settings import NAMES
from nasbook.plots.views.acquisition import Acquisition1D
from nasbook.plots.views.acquisition_maps import Acquisition2D
from nasbook.plots.views.side_by_side import SideBySide1D, SideBySide2D
from nasbook.widgets.labs.bayesian import BayesianLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def click(lab, x, y=0.0, axes=None):
    """A real click: where matplotlib puts the point, as a fraction of the picture."""
    axes = axes or lab.picture.ax
    px, py = axes.transData.transform((x, y))
    lab.image.inject(px / lab.image.width, 1 - py / lab.image.height)


# ---- the search --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["forrester", "branin"])
def test_without_a_hand_in_it_the_lab_leaves_the_trace_of_a_search(task):
    lab = nasbook.lab("bayesian", task=task, seed=4, trials=12, acquisition="log_ei")
    trace = lab.run()
    peer = nasbook.search("bayesian", task, seed=4, trials=12)
    assert trace.digest == peer.digest
    assert trace.header.differences(peer.header) == []


def test_what_the_picture_promises_is_what_the_next_step_does():
    lab = BayesianLab(trials=9)
    for n in range(9):
        promised = lab.frame(n).next
        lab.step()
        np.testing.assert_array_equal(lab.task.space.encode(lab.steps[n].trial.config), promised)
    assert lab.frame(9).next is None  # nothing follows the last trial
    assert "9 results" in lab.picture.sentence()


def test_the_picture_after_n_steps_shows_n_trials():
    lab = BayesianLab(trials=8)
    lab.run()
    for n in range(9):
        view = lab.frame(n)
        np.testing.assert_array_equal(view.y, [s.trial.value for s in lab.steps[:n]])
    assert [lab.frame(n).gp is not None for n in range(9)] == [False] * 3 + [True] * 6


def test_more_trials_can_be_allowed_after_the_end():
    lab = BayesianLab(trials=5, acquisition="log_ei")
    lab.run()
    lab.set(trials=8)
    assert lab.runner.state == "paused" and len(lab.steps) == 5
    assert lab.run().digest == nasbook.search("bayesian", "forrester", trials=8).digest


def test_an_objective_that_fails_is_told_as_a_failure():
    def objective(config):
        if config["x"] < 0.5:
            raise OSError("no such file")
        return config["x"]

    lab = nasbook.lab("bayesian", task=objective, space=nasbook.Space(x=nasbook.Float(0, 1)), trials=8)
    trace = lab.run()
    assert {t.status for t in trace.trials} == {"done", "failed"}
    lab.choose(x=0.2)
    failed = next(n for n, s in enumerate(lab.steps, 1) if s.trial.status == "failed")
    lab.scrub(failed)
    assert "failed (OSError: no such file)" in words(lab._sentence)


# ---- your own choice -----------------------------------------------------------------------------------------


def test_a_click_chooses_the_next_trial():
    lab = BayesianLab()
    lab.step(4)
    click(lab, 0.25)
    assert lab.frame(4).next == pytest.approx([0.25])
    assert "You choose 0.25 next" in words(lab._sentence) and "is expected there" in words(lab._sentence)
    lab.step()
    trial = lab.steps[-1].trial
    assert trial.config["x"] == pytest.approx(0.25) and trial.info == {"by": "user"}
    assert words(lab._sentence).startswith("You chose 0.25, where ")
    lab.step()
    assert lab.steps[-1].trial.info == {}  # the method chooses again


def test_the_slider_is_a_click_without_a_mouse():
    lab = BayesianLab()
    lab.step(4)
    slider = lab._sliders["x"]
    assert slider.value == pytest.approx(lab.next.config["x"], abs=0.0026)  # it follows the next trial
    slider.value = 0.7
    assert lab.frame(4).next == pytest.approx([0.7])
    lab._try.click()
    lab.wait()
    assert len(lab.steps) == 5 and lab.steps[-1].trial.config == {"x": 0.7}


def test_the_choice_can_be_given_back():
    lab = BayesianLab()
    lab.step(4)
    own = lab.frame(4).next
    assert lab._leave.disabled
    lab.choose(x=0.99)
    assert not lab._leave.disabled
    lab._leave.click()
    np.testing.assert_array_equal(lab.frame(4).next, own)


def test_a_page_that_sends_the_slider_back_chooses_nothing():
    lab = BayesianLab()
    lab.step(4)
    lab._sliders["x"].value = lab._sliders["x"].value * (1 + 1e-12)
    assert lab.chosen is None


def test_choose_refuses_what_is_not_a_configuration():
    lab = BayesianLab()
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], not 2"):
        lab.choose(x=2)
    with pytest.raises(ValueError, match="unknown parameter 'z'"):
        lab.choose(z=0.5)
    assert lab.chosen is None


def test_a_click_after_the_last_trial_says_what_to_do():
    lab = BayesianLab(trials=4)
    lab.run()
    click(lab, 0.3)
    assert lab.chosen is None and "allow more" in words(lab._status)


def test_a_map_is_clicked_in_both_parameters():
    lab = BayesianLab(task="branin", trials=10)
    lab.step(6)
    click(lab, 0.2, 0.6, lab.picture.maps["std"])
    box = lab.task.space.parameters
    want = {"x1": box["x1"].decode(0.2), "x2": box["x2"].decode(0.6)}
    assert lab.next.config == pytest.approx(want)
    lab.step()
    assert lab.steps[-1].trial.config == pytest.approx(want)


# ---- the belief ------------------------------------------------------------------------------------------------


def test_a_change_of_the_belief_is_drawn_at_once_and_used_by_the_next_step():
    lab = BayesianLab(trials=12)
    lab.step(6)
    values = [s.trial.value for s in lab.steps]
    lab.set(kernel="rbf", acquisition="ucb", kappa=0.5, lengthscale=0.08)
    view = lab.frame(6)
    assert (view.settings.kernel, view.acquisition, view.settings.kappa) == ("rbf", "ucb", 0.5)
    assert view.gp.kernel == "rbf" and view.gp.lengthscales == pytest.approx([0.08])
    assert [s.trial.value for s in lab.steps] == values and len(lab.trace) == 6
    assert "kept as if you had chosen them" in words(lab._status)
    promised = view.next
    lab.step()
    np.testing.assert_array_equal(lab.task.space.encode(lab.steps[-1].trial.config), promised)


def test_the_belief_after_a_change_is_that_of_a_method_told_the_same_trials():
    lab = BayesianLab(trials=12)
    lab.step(6)
    lab.set(kernel="matern32")
    method = BayesianOptimisation(lab.task.space, 0, acquisition="ei", kernel="matern32")
    for step in lab.steps:
        method.enqueue(step.trial.config)
        method.ask()
        method.tell(step.trial)
    asked = method.ask()
    assert asked.config == lab.next.config
    U = np.linspace(0, 1, 50)[:, None]
    for mine, theirs in zip(lab.frame(6).predict(U), method.view().predict(U), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_the_trace_after_changes_can_be_saved_replayed_and_resumed(tmp_path):
    lab = BayesianLab(trials=14)
    lab.step(5)
    lab.choose(x=0.33)
    lab.step()
    lab.set(acquisition="ucb", lengthscale=0.1)
    lab.step(3)
    lab.set(lengthscale=None, xi=0.2, acquisition="ei")
    lab.step(2)
    path = tmp_path / "trace.jsonl"
    lab.trace.save(path)
    trace = nasbook.Trace.load(path)
    assert trace.header.settings["acquisition"] == "ei" and trace.header.settings["lengthscale"] is None
    kept = [t.info.get("kept") for t in trace.trials]
    assert kept == ["the method"] * 5 + ["you"] + ["the method"] * 3 + [None] * 2
    views = [s.view for s in nasbook.replay(trace)]
    assert [v.next[0] for v in views] == [t.config["x"] for t in trace.trials]
    # resumed from the file it goes on as the lab does
    settings = {"acquisition": "ei", "kernel": "matern52", "xi": 0.2, "kappa": 2.576}
    resumed = nasbook.search("bayesian", "forrester", trials=14, out=path, resume=True, **settings)
    assert [t.config for t in resumed.trials] == [t.config for t in lab.run().trials]


def test_earlier_steps_are_seen_with_the_settings_in_force():
    lab = BayesianLab(trials=10)
    lab.step(8)
    lab.set(kernel="rbf")
    lab.scrub(5)
    view = lab.frame(5)
    assert view.gp.kernel == "rbf" and len(view.y) == 5
    assert view.next == pytest.approx([lab.steps[5].trial.config["x"]])  # what was really tried next
    assert "chose it before the settings were changed" in words(lab._sentence)


def test_the_sentence_gives_the_numbers_of_the_belief():
    lab = BayesianLab(trials=16, acquisition="ucb", kappa=1.0)
    below = above = 0
    for n in range(1, 17):
        lab.step()
        view, trial = lab.steps[-1].view, lab.steps[-1].trial
        said = words(lab._sentence).replace("−", "-")
        assert f"found {trial.value:.3g}" in said
        assert ("best so far" in said) == (n > 1 and trial.value == min(s.trial.value for s in lab.steps))
        if view.gp is None:
            assert "one of 3 first trials" in said
            continue
        mean, std = (float(v[0]) for v in view.predict(view.next[None]))
        numbers = re.search(r"mean (-?[\d.e-]+) ± ([\d.e-]+)", said)
        assert float(numbers[1]) == pytest.approx(mean, abs=max(std, 5e-3)) and float(numbers[2]) == pytest.approx(
            std, rel=0.06
        )
        if view.best > mean:
            gap, below = re.search(r"promised ([\d.e-]+) below the best", said)[1], below + 1
        else:
            gap, above = re.search(r"is ([\d.e-]+) above the best", said)[1], above + 1
        assert float(gap) == pytest.approx(abs(view.best - mean), rel=0.06)
    assert below and above


# ---- the controls ----------------------------------------------------------------------------------------------


def test_the_parameter_is_that_of_the_acquisition():
    lab = BayesianLab()
    shown = lambda: [n for n in ("xi", "kappa") if lab.controls[n].layout.display != "none"]  # noqa: E731
    assert shown() == ["xi"]
    lab.set(acquisition="ucb")
    assert shown() == ["kappa"]
    lab.set(acquisition="thompson")
    assert shown() == ["xi"] and lab.controls["xi"].disabled and "no parameter" in lab.controls["xi"].tooltip
    lab.set(acquisition="pi")
    assert not lab.controls["xi"].disabled


def test_a_fitted_length_scale_is_shown_and_can_be_taken_over():
    lab = BayesianLab()
    lab.step(6)
    slider = lab.controls["lengthscale"]
    assert slider.disabled and "untick" in slider.tooltip
    assert slider.value == pytest.approx(lab.frame(6).gp.lengthscales[0], rel=0.03)  # the slider's grid
    lab.set(fit=False)
    assert not slider.disabled and lab.frame(6).gp.lengthscales[0] == pytest.approx(slider.value)
    lab.set(lengthscale=0.05)
    assert lab.frame(6).gp.lengthscales[0] == pytest.approx(0.05)
    lab.set(lengthscale=None)
    assert lab.values["fit"] and slider.disabled


def test_noise_can_be_set():
    lab = BayesianLab(noise=0.1)
    lab.step(6)
    assert lab.frame(6).gp.noise == pytest.approx(0.1)
    assert lab.trace.header.settings["noise"] == 0.1


def test_the_picture_follows_the_number_of_parameters():
    lab = BayesianLab()
    assert isinstance(lab.picture, Acquisition1D)
    lab.set(task="branin")
    assert isinstance(lab.picture, Acquisition2D) and set(lab._sliders) == {"x1", "x2"}
    assert "the search starts again" in words(lab._status)
    lab.step(6)
    assert lab.image.height == round(100 * lab.picture.fig.get_figheight())
    lab.set(task="forrester")
    assert isinstance(lab.picture, Acquisition1D) and lab.image.height == round(100 * lab.picture.fig.get_figheight())


def test_options_of_the_view_keep_the_search():
    lab = BayesianLab(trials=10)
    lab.step(5)
    digest = lab.trace.digest
    lab.set(truth=False, samples=0)
    assert lab.picture.truth is None and lab.trace.digest == digest and len(lab.steps) == 5


def test_an_objective_of_ones_own():
    space = nasbook.Space(C=nasbook.Float(1e-3, 1e3, log=True), k=nasbook.Choice(["rbf", "poly"]), n=nasbook.Int(1, 9))
    lab = nasbook.lab("bayesian", task=lambda c: abs(np.log10(c["C"])) + (c["k"] == "poly") + c["n"], space=space)
    lab.step(9)
    lab._sliders["C"].value = 10.0
    lab.step()
    assert lab.steps[-1].trial.config["C"] == pytest.approx(10.0)
    assert "C = 10" in words(lab._sentence)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"task": "forester"}, "did you mean 'forrester'"),
        ({"task": lambda c: 0.0}, "a function needs a space"),
        ({"acquisition": "eii"}, "acquisition must be one of"),
        ({"kernel": "linear"}, "kernel must be one of"),
        ({"lengthscale": -1.0}, "lengthscale must lie in"),
        ({"colour": "red"}, "the bayesian lab has no setting 'colour'"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(arguments, said):
    with pytest.raises(ValueError, match=said):
        nasbook.lab("bayesian", **arguments)


# ---- all acquisitions, and a prior --------------------------------------------------------------------------------


def test_all_acquisitions_are_shown_side_by_side_and_the_search_stays():
    lab = BayesianLab(trials=10, task="forrester-slow")
    lab.step(5)
    digest, picture = lab.trace.digest, lab.picture
    lab.set(compare=True)
    assert isinstance(lab.picture, SideBySide1D) and lab.picture is not picture
    assert set(lab.picture.peaks) == set(NAMES) and lab.trace.digest == digest
    assert lab.picture.peaks["ei"] == pytest.approx(lab.next and lab.frame(5).next)
    assert "EI per second at x" in lab.image.alt
    click(lab, 0.25, 0.5, lab.picture.rows["ucb"])  # a row is clicked like the belief
    assert lab.frame(5).next == pytest.approx([0.25])
    lab.set(task="branin")
    assert isinstance(lab.picture, SideBySide2D)
    lab.set(compare=False)
    assert isinstance(lab.picture, Acquisition2D) and not isinstance(lab.picture, SideBySide2D)


def test_probability_of_improvement_does_not_start_greedy():
    assert BayesianLab(acquisition="pi").values["xi"] == 0.05
    assert BayesianLab(acquisition="pi", xi=0.0).values["xi"] == 0.0
    lab = BayesianLab(trials=8)
    lab.step(4)
    assert lab.values["xi"] == 0
    lab.set(acquisition="pi")
    assert lab.values["xi"] == 0.05 and lab.frame(4).settings.xi == 0.05
    lab.set(acquisition="ei", xi=0.2)
    lab.set(acquisition="pi")
    assert lab.values["xi"] == 0.2


def test_a_prior_weighs_the_acquisition_and_is_in_the_trace():
    lab = BayesianLab(task="branin", trials=12)
    assert lab.controls["prior_x"].disabled and lab.controls["beta"].disabled
    lab.step(6)
    lab.set(prior=True, prior_x=0.9, prior_y=0.1, prior_width=0.05, beta=20.0)
    assert lab.trace.header.settings["prior"] == {"x1": [8.5, 0.05], "x2": [1.5, 0.05]}
    assert np.linalg.norm(lab.frame(6).next - [0.9, 0.1]) < 0.2
    promised = lab.frame(6).next
    lab.step()
    np.testing.assert_array_equal(lab.task.space.encode(lab.steps[-1].trial.config), promised)
    lab.set(prior=False)
    assert lab.trace.header.settings["prior"] is None


def test_sentences_of_the_acquisitions_that_need_more_than_mean_and_spread():
    lab = BayesianLab(task="forrester-slow", trials=9, acquisition="ei_per_second")
    lab.step(6)
    view = lab.steps[-1].view
    seconds = float(view.predict_seconds(view.next[None])[0])
    assert f", for {seconds:.2g} s," in words(lab._sentence)
    lab.set(acquisition="knowledge_gradient")
    lab.step()
    view = lab.steps[-1].view
    falls = float(re.search(r"lower the lowest mean by ([\d.e-]+)", words(lab._sentence))[1])
    assert falls == pytest.approx(float(view.acquire(view.next[None])[0]), rel=0.06)
    assert lab.controls["xi"].disabled and "no parameter" in lab.controls["xi"].tooltip


def test_home_and_end_reach_the_ends_of_the_search():
    lab = BayesianLab(trials=6)
    lab.step(4)
    lab._keyboard._handle_custom_msg({"kind": "home"}, [])
    assert lab.at == 0 and lab._scrub.value == 0
    lab._keyboard._handle_custom_msg({"kind": "end"}, [])
    assert lab.at == 4 and lab._scrub.value == 4
