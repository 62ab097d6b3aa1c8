"""What other libraries call the arguments of a search, and how the same thing is said here."""

_MINIMISED = "values are minimised: return the negative of what should grow, or 1 − accuracy"
OTHER_WORDS = {  # what the same thing is called elsewhere, and here
    **dict.fromkeys(("n_trials", "max_evals", "num_samples", "n_iter", "n_calls", "max_trials", "num_trials", "budget",
                     "iterations", "n_iterations"), "say how many trials with trials=40"),
    **dict.fromkeys(("n_jobs", "n_workers", "num_workers", "max_concurrent", "parallel"),
                    "workers= simulates several on tasks that know their cost; for real ones, "
                    "trace.export('study.yaml') and `nasbook run study.yaml --workers 4`"),
    **dict.fromkeys(("direction", "directions", "maximise", "maximize", "minimise", "minimize", "mode", "sense",
                     "greater_is_better"), _MINIMISED),
    **dict.fromkeys(("metric", "scoring", "monitor"),
                    "what the objective returns is minimised; other figures go into Evaluation(value, metrics={…})"),
    **dict.fromkeys(("callbacks", "callback", "on_trial_end", "hooks"),
                    "on_step=function is called with each step; or write `for step in nasbook.steps(…)`"),
    **dict.fromkeys(("random_state", "random_seed", "rng", "rstate"), "say it with seed=0"),
    **dict.fromkeys(("time_budget", "time_budget_s", "max_time", "timeout_s", "time_limit", "total_time"),
                    "say the seconds of the search with time=60, and those of a trial with timeout=5"),
    **dict.fromkeys(("points_to_evaluate", "initial_points", "x0", "enqueue", "initial_configs"),
                    "give configurations to try first with first=[{…}]"),
    **dict.fromkeys(("param_space", "search_space", "dimensions", "parameters", "params", "config_space", "bounds"),
                    "give the space with space=nasbook.Space(x=nasbook.Float(0, 1))"),
    **dict.fromkeys(("pruner", "scheduler", "early_stopping", "stopper"),
                    "stopping early is a method's: 'median-stopping', 'asha', 'hyperband'"),
    **dict.fromkeys(("sampler", "algo", "algorithm", "search_alg", "optimizer"),
                    "the method is the first argument: nasbook.search('tpe', …)"),
    **dict.fromkeys(("objective", "fn", "func", "function", "trainable"), "the objective is the second argument"),
    **dict.fromkeys(("storage", "load_if_exists", "study_name", "checkpoint_path"),
                    "out='trace.jsonl' keeps the trace while it grows, and resume=True goes on with it"),
    **dict.fromkeys(("max_epochs", "max_t", "max_resource", "min_resource", "resource"),
                    "say what a training can be given with fidelity=nasbook.Fidelity('epoch', 1, 27)"),
    **dict.fromkeys(("verbose", "show_progress_bar", "progress", "progress_bar"),
                    "a search prints nothing; on_step=lambda step: print(step.trial.value) does"),
}  # fmt: skip
