"""A multilayer perceptron on MNIST."""

import argparse
import time
from functools import partial
from itertools import pairwise

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np

import datasets


class MLP(nn.Module):
    """Linear layers with ReLU between them."""

    def __init__(self, input_dim: int, hidden_dim: int, output_dim: int, num_layers: int):
        super().__init__()
        sizes = [input_dim] + [hidden_dim] * num_layers + [output_dim]
        self.layers = [nn.Linear(i, o) for i, o in pairwise(sizes)]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nn.relu(layer(x))
        return self.layers[-1](x)


def loss_fn(model, x, y):
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


def batches(size, x, y):
    order = mx.array(np.random.permutation(y.size))
    for start in range(0, y.size, size):
        ids = order[start : start + size]
        yield x[ids], y[ids]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the four MNIST files; synthetic without")
    parser.add_argument("--examples", type=int, default=2048, help="synthetic training images")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    mx.random.seed(args.seed)

    if args.data:
        images, labels, test_images, test_labels = datasets.mnist(args.data)
    else:
        images, labels = datasets.synthetic(args.examples)
        test_images, test_labels = datasets.synthetic(512, seed=1)
    x, y = mx.array(images.reshape(len(images), -1)), mx.array(labels)
    test_x, test_y = mx.array(test_images.reshape(len(test_images), -1)), mx.array(test_labels)

    model = MLP(x.shape[1], 32, 10, num_layers=2)
    mx.eval(model.parameters())
    optimizer = optim.SGD(learning_rate=args.lr)
    loss_and_grad = nn.value_and_grad(model, loss_fn)

    @partial(mx.compile, inputs=model.state, outputs=model.state)
    def step(x, y):
        loss, grads = loss_and_grad(model, x, y)
        optimizer.update(model, grads)
        return loss

    @partial(mx.compile, inputs=model.state)
    def accuracy(x, y):
        return mx.mean(mx.argmax(model(x), axis=1) == y)

    for epoch in range(args.epochs):
        start = time.perf_counter()
        losses = []
        for bx, by in batches(args.batch, x, y):
            loss = step(bx, by)
            mx.eval(model.state, loss)
            losses.append(loss.item())
        seconds = time.perf_counter() - start
        test = accuracy(test_x, test_y).item()
        print(f"epoch {epoch}: loss {np.mean(losses):.5f}, test accuracy {test:.4f}")
        print(f"({seconds:.3f} s)")


if __name__ == "__main__":
    main()
