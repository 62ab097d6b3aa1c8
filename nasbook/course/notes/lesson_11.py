"""Lesson 11, reinforcement learning, for whoever teaches it."""

from nasbook.course.notes import Ask, Mishap, Notes, Part

NOTES = Notes(
    number="11",
    objective="They can write down the gradient that teaches a controller, and say what the baseline and PPO's clip "
    "do to it.",
    misconception="Reinforcement learning is the only way, because architecture search is not differentiable.",
    asks=(
        Ask(
            "11.q1",
            "All rewards are about 0.9. What does each drawn cell do to the policy without a baseline?",
            "They should find that all cells are pushed up, the bad ones as well.",
        ),
        Ask(
            "controller",
            "Switch the baseline off: which marks do you expect at the lower right?",
            "All above one: every cell of the batch counts as good.",
        ),
        Ask(
            "11.q2",
            "Ten steps with one batch: what could go wrong?",
            "After the first step the batch is no longer drawn by this policy.",
        ),
        Ask(
            "11.q3",
            "Ten thousand weights that learn, against a queue and a mutation. Who is closer after 150 cells?",
            "Ask how many cells a policy has to see before it knows anything.",
        ),
    ),
    parts=(
        Part("", 2, ("Only the controller's own probabilities are differentiated.",)),
        Part(
            "The gradient that needs no gradient of the reward",
            8,
            (
                "∇p = p ∇ log p is the whole trick: one line on the board.",
                "25 cells are enumerated, so the mean is exact and the variance, too.",
            ),
        ),
        Part(
            "Play: a controller on all 15,625 cells",
            9,
            (),
            skip="Four minutes on the projector, the baseline on and off.",
        ),
        Part(
            "PPO: use a batch more than once, but not too much",
            5,
            ("A good cell that has grown by more than ε has no slope any more.",),
        ),
        Part("Is this the only way, or the best one?", 5, ("Same table, same budget, same seeds.",)),
        Part("Exercises", 13, ("11.gradient is checked by enumerating all architectures.",), skip="Only 11.clip."),
        Part("Take it to full scale", 1, (), skip="Leave it out; it is said again in lesson 21."),
        Part("What this did not show", 2, ("The papers train 12,800 and 20,000 networks; 150 are a beginning.",)),
    ),
    mishaps=(
        Mishap(
            "11.q1",
            "A number that is subtracted is thought to change the mean.",
            "What is E[∇ log p]? Sum the probabilities first.",
            "its mean and its variance shrink",
        ),
        Mishap(
            "11.q3",
            "What learns is expected to win.",
            "How many cells has evolution used to learn something? And how many has PPO?",
            "PPO, by more than two standard errors",
        ),
        Mishap(
            "11.gradient",
            "The sum is taken instead of the mean.",
            "Should the gradient grow when more architectures are drawn?",
            "import numpy as np\n"
            "\n"
            "def policy_gradient(theta, a, R, b):\n"
            "    p = np.exp(theta) / np.exp(theta).sum(1, keepdims=True)\n"
            "    return ((R - b)[:, None, None] * (np.eye(theta.shape[1])[a] - p)).sum(0)",
        ),
        Mishap(
            "11.gradient",
            "The probability of the drawn option is left out of the score.",
            "∇ log p of a softmax has two terms: one for the option that was drawn, one for all.",
            "import numpy as np\n"
            "\n"
            "def policy_gradient(theta, a, R, b):\n"
            "    return ((R - b)[:, None, None] * np.eye(theta.shape[1])[a]).mean(0)",
        ),
        Mishap(
            "11.clip",
            "Only the clipped term is returned.",
            "A bad architecture has become likelier. Does your objective have a slope back?",
            "import numpy as np\n\ndef surrogate(r, A, eps):\n    return np.clip(r, 1 - eps, 1 + eps) * A",
        ),
    ),
)
