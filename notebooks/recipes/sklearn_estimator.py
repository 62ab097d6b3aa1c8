"""A scikit-learn estimator that learns in passes: regression, stopped by what it has reported so far.

nasbook run sklearn_estimator.yaml --out runs/sklearn
"""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import SGDRegressor
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

PASSES = 12


def train(config, seed=0, report=None):
    x, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    x, x_val, y, y_val = train_test_split(x, y, test_size=0.3, random_state=0)
    scale = StandardScaler().fit(x)
    model = SGDRegressor(
        penalty=config["penalty"], alpha=config["alpha"], eta0=config["eta0"], l1_ratio=config.get("l1_ratio", 0.5),
        learning_rate="constant", random_state=seed,
    )  # fmt: skip
    for i in range(1, PASSES + 1):
        model.partial_fit(scale.transform(x), y)
        value = mean_squared_error(y_val, model.predict(scale.transform(x_val)))
        if report:
            report(i, value)
    return value
