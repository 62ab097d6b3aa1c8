"""XGBoost, stopped by round: a callback tells the search the validation error after every round.

nasbook run xgboost_rounds.yaml --out runs/xgboost
"""

import xgboost
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split


class Report(xgboost.callback.TrainingCallback):
    def __init__(self, report):
        self.report = report

    def after_iteration(self, model, epoch, evals_log):
        self.report(epoch + 1, evals_log["val"]["rmse"][-1])
        return False


def train(config, fidelity=27, seed=0, report=None):
    x, y = load_diabetes(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.3, random_state=0)
    val = xgboost.DMatrix(x_val, y_val)
    seen = {}
    xgboost.train(
        {**config, "seed": seed, "nthread": 1, "objective": "reg:squarederror"},
        xgboost.DMatrix(x, y),
        num_boost_round=fidelity,
        evals=[(val, "val")],
        evals_result=seen,
        verbose_eval=False,
        callbacks=[Report(report)] if report else [],
    )
    return seen["val"]["rmse"][-1]
