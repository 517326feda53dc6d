"""Fits a plane to noisy points by gradient descent."""

import argparse
import time

import mlx.core as mx

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--features", type=int, default=100)
parser.add_argument("--examples", type=int, default=1000)
parser.add_argument("--steps", type=int, default=500)
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

mx.random.seed(args.seed)

# The weights to be found, and what is observed of them.
w_true = mx.random.normal((args.features,))
x = mx.random.normal((args.examples, args.features))
y = x @ w_true + 0.01 * mx.random.normal((args.examples,))


def loss_fn(w):
    return 0.5 * mx.mean(mx.square(x @ w - y))


loss_and_grad = mx.value_and_grad(loss_fn)

w = 0.01 * mx.random.normal((args.features,))
start = time.perf_counter()
for step in range(args.steps):
    loss, grad = loss_and_grad(w)
    w -= args.lr * grad
    mx.eval(w)
    if step % 100 == 0:
        print(f"step {step}: loss {loss.item():.6f}")
seconds = time.perf_counter() - start

error = mx.sqrt(mx.sum(mx.square(w - w_true))).item()
print(f"final: loss {loss_fn(w).item():.6f}, distance {error:.6f}")
print(f"({args.steps / seconds:.0f} steps a second)")
