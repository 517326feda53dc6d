"""Losses and activations."""

from __future__ import annotations

import compare
from compare import relative, sums
from drawing import FLOATS, Draw

from .entry import entry

_PAIR = relative(64)


def _loss(d: Draw, low: float = -3, high: float = 3) -> tuple[list, dict]:
    shape = d.shape(least=1, smallest=1, most=3)
    pair = [d.array(shape, ["float32"], special=False, low=low, high=high) for _ in range(2)]
    return pair, d.options(reduction=d.choice("none", "mean", "sum"))


_LOSSES = "mse_loss l1_loss smooth_l1_loss huber_loss log_cosh_loss hinge_loss kl_div_loss"
entry(" ".join(f"nn.losses.{name}" for name in _LOSSES.split()), _PAIR)(_loss)
entry("nn.losses.cosine_similarity_loss", _PAIR)(_loss)


@entry("nn.losses.binary_cross_entropy", _PAIR)
def _(d):
    pair, options = _loss(d, 0.01, 0.99)
    return pair, {**options, **d.options(with_logits=d.bool())}


@entry("nn.losses.gaussian_nll_loss", _PAIR)
def _(d):
    pair, options = _loss(d, 0.1, 2)
    return [*pair, pair[0]], {**options, **d.options(full=d.bool())}


for _name, _bound in {"margin_ranking_loss": _PAIR, "triplet_loss": compare.distances}.items():

    @entry(f"nn.losses.{_name}", _bound)
    def _(d):
        pair, options = _loss(d)
        return [*pair, d.array(pair[0].shape, ["float32"], special=False)], options


for _name, _bound in {"cross_entropy": _PAIR, "nll_loss": sums}.items():

    @entry(f"nn.losses.{_name}", _bound)
    def _(d):
        rows_, classes = d.integer(1, 4), d.integer(1, 5)
        scores = d.array((rows_, classes), ["float32"], special=False)
        labels = d.array((rows_,), dtype="int32", special=False, low=0, high=classes - 1)
        return [scores, labels], d.options(reduction=d.choice("none", "mean", "sum"))


_ACTIVATIONS = (
    "celu elu gelu gelu_approx gelu_fast_approx hard_shrink hard_tanh hardswish leaky_relu "
    "log_sigmoid log_softmax mish relu relu2 relu6 selu sigmoid silu softmax softmin softplus "
    "softshrink softsign step tanh"
)
for _name in _ACTIVATIONS.split():
    entry(f"nn.{_name}", compare.scaled if _name == "gelu" else _PAIR)(
        lambda d: [d.array(dtypes=FLOATS, special=False, least=1, smallest=1)]
    )
entry("nn.glu", _PAIR)(lambda d: [d.array((3, 4), ["float32"], special=False)])
entry("nn.prelu", _PAIR)(
    lambda d: [d.array((3, 4), FLOATS[:1], special=False), d.array((4,), FLOATS[:1])]
)
