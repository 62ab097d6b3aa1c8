"""Keras by command line: the program prints a JSON line an epoch and knows nothing of nasbook.

KERAS_BACKEND=torch nasbook run keras_mlp.yaml --out runs/keras
"""

import argparse
import json
import os

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, required=True)
p.add_argument("--width", type=int, required=True)
p.add_argument("--activation", default="relu")
p.add_argument("--epochs", type=int, default=4)
p.add_argument("--seed", type=int, default=0)
p.add_argument("--state", default="")
a = p.parse_args()


class Tell(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(json.dumps({"epoch": epoch + 1, "value": 1 - logs["val_accuracy"]}), flush=True)


keras.utils.set_random_seed(a.seed % 2**32)
x, y = load_digits(return_X_y=True)
x = x / 16
net = keras.Sequential([keras.Input((64,)), keras.layers.Dense(a.width, a.activation), keras.layers.Dense(10)])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
net.compile(keras.optimizers.Adam(a.lr), loss, metrics=["accuracy"])
kept = [keras.callbacks.BackupAndRestore(a.state + ".folder")] if a.state else []
net.fit(x[::2], y[::2], 64, a.epochs, verbose=0, validation_data=(x[1::2], y[1::2]), callbacks=[Tell(), *kept])
print(json.dumps({"value": 1 - net.evaluate(x[1::2], y[1::2], verbose=0)[1], "parameters": net.count_params()}))
