"""A function with a derivative of its own: weights that are trained while rounded to few bits."""

import argparse

import mlx.core as mx

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--bits", type=int, default=4)
parser.add_argument("--lr", type=float, default=0.02)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

levels = 2 ** (args.bits - 1)


@mx.custom_function
def quantized(w, scale):
    """The nearest multiple of scale, of those that the bits can hold."""
    return scale * mx.clip(mx.round(w / scale), -levels, levels - 1)


@quantized.vjp
def straight_through(primals, cotangent, output):
    # Rounding has no slope; let the gradient through where nothing was cut off.
    w, scale = primals
    inside = mx.abs(w / scale) <= levels
    return mx.where(inside, cotangent, 0.0), mx.sum(cotangent * mx.sign(w) * (1 - inside))


@quantized.jvp
def slope(primals, tangents):
    w, scale = primals
    return mx.where(mx.abs(w / scale) <= levels, tangents[0], 0.0)


mx.random.seed(args.seed)
x = mx.random.normal((256, 16))
target = x @ mx.random.normal((16, 4))


def loss_fn(parameters):
    w = quantized(parameters["w"], parameters["scale"])
    return mx.mean(mx.square(x @ w - target))


parameters = {"w": 0.1 * mx.random.normal((16, 4)), "scale": mx.array(0.5)}
step = mx.compile(mx.value_and_grad(loss_fn))
for i in range(args.steps):
    loss, grads = step(parameters)
    parameters = {name: p - args.lr * grads[name] for name, p in parameters.items()}
    mx.eval(parameters)
    if i % 10 == 0:
        print(f"step {i}: loss {loss.item():.5f}")

print(f"final: loss {loss_fn(parameters).item():.5f}")
used = sorted(set(quantized(parameters["w"], mx.array(1.0)).flatten().tolist()))
print("levels in use:", *used)
