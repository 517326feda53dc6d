"""Layers: made with the same seed, applied to the same input."""

from __future__ import annotations

import compare
from calls import Array, Program
from compare import relative
from drawing import Draw

from .entry import ENTRIES, Entry


def layer(names: str, bound: compare.Bound = relative(256)):
    """Enters classes of nn by a function that draws (arguments, options, inputs of the call)."""

    def enter(draw_arguments):
        for name in names.split():

            def request(d: Draw, name=name):
                args, options, inputs = draw_arguments(d)
                return Program(
                    "mx.random.seed(seed)\n"
                    f"layer = nn.{name}(*args, **options)\n"
                    "if training is not None: layer.train(training)\n"
                    "result = [repr(layer), layer(*inputs), dict(utils.tree_flatten("
                    "layer.parameters()))]",
                    {
                        "seed": d.integer(0, 99),
                        "args": args,
                        "options": options,
                        "inputs": inputs,
                        "training": d.choice(None, True, False),
                    },
                )

            ENTRIES[f"nn.{name}"] = Entry(f"nn.{name}", request, bound)
        return draw_arguments

    return enter


def features(d: Draw, features: int, *middle: int) -> Array:
    return d.array((d.integer(1, 3), *middle, features), ["float32"], special=False)


layer("Linear")(lambda d: ([3, 4], d.options(bias=d.bool()), [features(d, 3)]))
layer("Bilinear")(
    lambda d: ([3, 4, 2], d.options(bias=d.bool()), [d.array((2, n), ["float32"]) for n in (3, 4)])
)
layer("Identity")(lambda d: ([], {}, [features(d, 3)]))
layer("Embedding")(
    lambda d: ([5, 3], {}, [d.array((2, 3), dtype="int32", special=False, low=0, high=4)])
)
_SIMPLE = (
    "CELU ELU GELU GLU HardShrink HardTanh Hardswish LeakyReLU LogSigmoid LogSoftmax Mish PReLU ReLU "
    "ReLU2 ReLU6 SELU SiLU Sigmoid Softmax Softmin Softplus Softshrink Softsign Step Tanh"
)
layer(_SIMPLE)(lambda d: ([], {}, [features(d, 4)]))
layer("Dropout")(lambda d: ([d.choice(0.5, 0.1, 0.0)], {}, [features(d, 4)]))
layer("Dropout2d")(lambda d: ([0.5], {}, [features(d, 4, 3, 3)]))
layer("Dropout3d")(lambda d: ([0.5], {}, [features(d, 4, 2, 2, 2)]))
layer("LayerNorm")(lambda d: ([4], d.options(affine=d.bool(), bias=d.bool()), [features(d, 4)]))
layer("RMSNorm")(lambda d: ([4], d.options(eps=1e-3), [features(d, 4)]))
layer("BatchNorm")(
    lambda d: (
        [4],
        d.options(affine=d.bool(), momentum=0.3, track_running_stats=d.bool()),
        [features(d, 4, *d.choice((), (3,), (3, 2)))],
    )
)
layer("InstanceNorm")(lambda d: ([4], d.options(affine=d.bool()), [features(d, 4, 3)]))
layer("GroupNorm")(
    lambda d: (
        [2, 4],
        d.options(affine=d.bool(), pytorch_compatible=d.bool()),
        [features(d, 4, 3)],
    )
)


def _conv_layer(dimensions: int):
    def arguments(d: Draw):
        sides = [d.integer(4, 6) for _ in range(dimensions)]
        options = d.options(
            stride=d.integer(1, 2), padding=d.integer(0, 1), bias=d.bool(), dilation=d.choice(1, 2)
        )
        return [2, 3, 2], options, [features(d, 2, *sides)]

    return arguments


def _pool_layer(dimensions: int):
    def arguments(d: Draw):
        sides = [d.integer(4, 6) for _ in range(dimensions)]
        return (
            [2],
            d.options(stride=d.integer(1, 2), padding=d.integer(0, 1)),
            [features(d, 2, *sides)],
        )

    return arguments


for n in (1, 2, 3):
    layer(f"Conv{n}d ConvTranspose{n}d")(_conv_layer(n))
    layer(f"MaxPool{n}d AvgPool{n}d")(_pool_layer(n))
layer("Upsample")(
    lambda d: ([2], d.options(mode=d.choice("nearest", "linear", "cubic")), [features(d, 2, 3, 3)])
)
layer("RNN LSTM GRU")(lambda d: ([3, 4], d.options(bias=d.bool()), [features(d, 3, 5)]))
layer("MultiHeadAttention")(lambda d: ([4, 2], {}, [features(d, 4, 3)] * 3))
layer("RoPE")(lambda d: ([4], d.options(traditional=d.bool(), base=100.0), [features(d, 4, 3)]))
layer("SinusoidalPositionalEncoding")(
    lambda d: ([4], d.options(min_freq=0.01, cos_first=d.bool()), [features(d, 3)])
)


def _source_and_target(d: Draw) -> list[Array]:
    return [d.array((2, length, 4), ["float32"], special=False) for length in (3, d.integer(1, 4))]


layer("TransformerEncoderLayer")(lambda d: ([4, 2], {}, [features(d, 4, 3), None]))
layer("TransformerDecoderLayer")(lambda d: ([4, 2], {}, [*_source_and_target(d), None, None]))
layer("TransformerEncoder")(lambda d: ([1, 4, 2], {}, [features(d, 4, 3), None]))
layer("TransformerDecoder")(lambda d: ([1, 4, 2], {}, [*_source_and_target(d), None, None]))
