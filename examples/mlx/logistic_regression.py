"""Separates two classes of points by a plane."""

import argparse

import mlx.core as mx

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--features", type=int, default=50)
parser.add_argument("--examples", type=int, default=2000)
parser.add_argument("--steps", type=int, default=300)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

mx.random.seed(args.seed)

w_true = mx.random.normal((args.features,))
x = mx.random.normal((args.examples, args.features))
y = (x @ w_true) > 0


def loss_fn(w):
    logits = x @ w
    # log(1 + exp(logit)) less what the true class contributes.
    return mx.mean(mx.logaddexp(0.0, logits) - y * logits)


@mx.compile
def step(w):
    loss, grad = mx.value_and_grad(loss_fn)(w)
    return loss, w - args.lr * grad


w = mx.zeros((args.features,))
for i in range(args.steps):
    loss, w = step(w)
    mx.eval(loss, w)
    if i % 50 == 0:
        print(f"step {i}: loss {loss.item():.6f}")

predictions = (x @ w) > 0
accuracy = mx.mean(predictions == y)
print(f"final: loss {loss_fn(w).item():.6f}, accuracy {accuracy.item():.4f}")
