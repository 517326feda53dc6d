"""Each layer against MLX's: the same initial weights for a seed, the same outputs and gradients."""

import lazulite.core as lz
import lazulite.nn as nn
import numpy as np
import pytest
from nn_compare import assert_close, normal, numpy_of, with_weights_of

mx = pytest.importorskip("mlx.core")
mlx_nn = pytest.importorskip("mlx.nn")

# The layer's constructor, the shapes of its inputs, and what else it is called with.
CASES = [
    ("Linear(4, 3)", [(5, 4)], {}),
    ("Linear(4, 3)", [(4,)], {}),
    ("Linear(4, 3, bias=False)", [(2, 5, 4)], {}),
    ("Bilinear(4, 3, 2)", [(5, 4), (5, 3)], {}),
    ("Bilinear(4, 3, 2, bias=False)", [(2, 5, 4), (2, 5, 3)], {}),
    ("Identity()", [(3, 2)], {}),
    ("Conv1d(3, 4, 3)", [(2, 8, 3)], {}),
    ("Conv1d(4, 4, 3, stride=2, padding=1, groups=2)", [(2, 8, 4)], {}),
    ("Conv1d(2, 4, 3, dilation=2, bias=False)", [(2, 8, 2)], {}),
    ("Conv2d(3, 4, 3)", [(2, 7, 8, 3)], {}),
    ("Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0))", [(2, 7, 8, 3)], {}),
    ("Conv2d(4, 6, 3, groups=2, dilation=2, padding=2)", [(2, 7, 8, 4)], {}),
    ("Conv2d(3, 4, 3, bias=False, dilation=(1, 2))", [(1, 7, 8, 3)], {}),
    ("Conv3d(2, 3, 2)", [(2, 4, 5, 4, 2)], {}),
    ("Conv3d(2, 3, (2, 1, 2), stride=2, padding=1)", [(1, 4, 5, 4, 2)], {}),
    ("ConvTranspose1d(3, 4, 3, stride=2, padding=1)", [(2, 6, 3)], {}),
    ("ConvTranspose2d(3, 4, 3)", [(2, 5, 4, 3)], {}),
    ("ConvTranspose2d(3, 2, (3, 2), (2, 1), (1, 0), bias=False)", [(2, 5, 4, 3)], {}),
    ("ConvTranspose3d(2, 3, 2, stride=2)", [(1, 3, 3, 2, 2)], {}),
    ("MaxPool1d(2)", [(2, 7, 3)], {}),
    ("MaxPool1d(3, 1, 1)", [(2, 7, 3)], {}),
    ("MaxPool2d(2)", [(2, 6, 6, 3)], {}),
    ("MaxPool2d((3, 2), (2, 1), (1, 0))", [(2, 7, 6, 3)], {}),
    ("MaxPool2d(2, 3)", [(2, 7, 6, 3)], {}),
    ("MaxPool3d(2, 1)", [(1, 4, 3, 4, 2)], {}),
    ("AvgPool1d(2)", [(2, 7, 3)], {}),
    ("AvgPool2d(2)", [(2, 6, 6, 3)], {}),
    ("AvgPool2d((3, 2), (2, 1), (1, 1))", [(2, 7, 6, 3)], {}),
    ("AvgPool3d(2, 1, 1)", [(1, 4, 3, 4, 2)], {}),
    ("LayerNorm(6)", [(3, 4, 6)], {}),
    ("LayerNorm(6, affine=False)", [(3, 6)], {}),
    ("LayerNorm(6, eps=0.1, bias=False)", [(6,)], {}),
    ("RMSNorm(6)", [(3, 4, 6)], {}),
    ("BatchNorm(3)", [(5, 3)], {}),
    ("BatchNorm(3, momentum=0.3, eps=0.01)", [(2, 4, 3)], {}),
    ("BatchNorm(3, affine=False)", [(2, 4, 4, 3)], {}),
    ("BatchNorm(3, track_running_stats=False)", [(2, 4, 3)], {}),
    ("InstanceNorm(3)", [(2, 5, 3)], {}),
    ("InstanceNorm(3, affine=True)", [(2, 4, 5, 3)], {}),
    ("GroupNorm(2, 4)", [(2, 5, 4)], {}),
    ("GroupNorm(2, 4, affine=False)", [(2, 3, 3, 4)], {}),
    ("GroupNorm(2, 6, pytorch_compatible=True)", [(2, 3, 3, 6)], {}),
    ("Dropout(0.3)", [(4, 6)], {}),
    ("Dropout2d(0.5)", [(4, 3, 3, 6)], {}),
    ("Dropout2d(0.5)", [(3, 3, 6)], {}),
    ("Dropout3d(0.5)", [(4, 2, 2, 2, 6)], {}),
    ("Dropout3d(0.5)", [(2, 2, 2, 6)], {}),
    ("RNN(3, 4)", [(2, 5, 3)], {}),
    ("RNN(3, 4, bias=False)", [(5, 3), (4,)], {}),
    ("GRU(3, 4)", [(2, 5, 3)], {}),
    ("GRU(3, 4)", [(2, 5, 3), (2, 4)], {}),
    ("GRU(3, 4, bias=False)", [(5, 3)], {}),
    ("LSTM(3, 4)", [(2, 5, 3)], {}),
    ("LSTM(3, 4, bias=False)", [(2, 5, 3), (2, 4), (2, 4)], {}),
    ("RoPE(6)", [(2, 3, 5, 6)], {}),
    ("RoPE(4, traditional=True, base=100.0)", [(2, 5, 6)], {"offset": 3}),
    ("RoPE(4, scale=0.5)", [(1, 2, 5, 4)], {}),
    ("ALiBi()", [(2, 6, 4, 5)], {}),
    ("ALiBi()", [(2, 4, 3, 5)], {"offset": 2}),
    ("MultiHeadAttention(8, 2)", [(2, 5, 8), (2, 4, 8), (2, 4, 8)], {}),
    ("MultiHeadAttention(8, 2, 6, 5, 4, 10, 12, bias=True)", [(2, 5, 6), (2, 4, 5), (2, 4, 4)], {}),
    ("MultiHeadAttention(8, 2)", [(2, 5, 8), (2, 5, 8), (2, 5, 8)], {"mask": "causal"}),
    ("TransformerEncoderLayer(8, 2, dropout=0.2)", [(2, 5, 8)], {"mask": None}),
    ("TransformerEncoder(2, 8, 2, norm_first=False)", [(2, 5, 8)], {"mask": None}),
    ("TransformerEncoder(2, 8, 2, checkpoint=True)", [(2, 5, 8)], {"mask": None}),
    (
        "TransformerDecoderLayer(8, 2, dropout=0.2)",
        [(2, 5, 8), (2, 4, 8)],
        {"x_mask": None, "memory_mask": None},
    ),
    (
        "TransformerDecoder(2, 8, 2, mlp_dims=12, norm_first=False)",
        [(2, 5, 8), (2, 4, 8)],
        {"x_mask": None, "memory_mask": None},
    ),
    (
        "Transformer(8, 2, 1, 1)",
        [(2, 5, 8), (2, 4, 8)],
        {"src_mask": None, "tgt_mask": None, "memory_mask": None},
    ),
    ("SinusoidalPositionalEncoding(6)", [(2, 5)], {}),
    ("SinusoidalPositionalEncoding(2, 0.1, 3.0, 1.0, True, True)", [(4,)], {}),
    ("PReLU()", [(4, 3)], {}),
    ("PReLU(3, 0.5)", [(4, 3)], {}),
    ("Upsample(2)", [(1, 3, 2)], {}),
    ("Upsample(1.5)", [(1, 4, 5, 2)], {}),
    ("Upsample(0.6)", [(1, 5, 2)], {}),
    ("Upsample((2, 1.7), mode='linear')", [(1, 4, 5, 2)], {}),
    ("Upsample(2.5, mode='linear', align_corners=True)", [(1, 4, 2)], {}),
    ("Upsample(1.7, mode='cubic')", [(1, 4, 5, 2)], {}),
    ("Upsample(2, mode='cubic', align_corners=True)", [(1, 5, 2)], {}),
    ("Upsample(0.5, mode='linear', antialias=True)", [(1, 8, 8, 2)], {}),
    ("Upsample(0.4, mode='cubic', antialias=True)", [(1, 8, 2)], {}),
    ("Upsample(1.5, mode='cubic', antialias=True)", [(1, 8, 2)], {}),
    ("Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))", [(5, 4)], {}),
]


def built(text, core, layers):
    core.random.seed(11)
    return eval("nn." + text, {"nn": layers})


@pytest.mark.parametrize("text", sorted({case[0] for case in CASES}))
def test_initial_weights_and_representation(text):
    ours = built(text, lz, nn)
    theirs = built(text, mx, mlx_nn)
    tanh = "nonlinearity=<function tanh at "
    assert repr(ours).split(tanh)[0] == repr(theirs).split(tanh)[0]
    assert_close(numpy_of(ours.parameters()), numpy_of(theirs.parameters()))
    assert list(ours.trainable_parameters()) == list(theirs.trainable_parameters())
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]


def run(core, layers, model, inputs, options):
    """Outputs, and the gradients of their sum, weighted by a wave, for parameters and inputs."""

    def loss(parameters, *arrays):
        model.update(parameters)
        core.random.seed(5)
        y = model(*arrays, **options)
        results = y if isinstance(y, tuple) else (y,)
        total = sum(
            core.sum(core.sin(1 + core.arange(r.size).reshape(r.shape)) * r) for r in results
        )
        return total, results

    parameters = model.trainable_parameters()
    arrays = [core.array(x) for x in inputs]
    # MLX does not differentiate by a tree without arrays.
    argnums = list(range(0 if parameters else 1, 1 + len(arrays)))
    (_, results), gradients = core.value_and_grad(loss, argnums=argnums)(parameters, *arrays)
    core.eval(results, gradients)
    model.update(parameters)
    if len(argnums) == 1:
        gradients = (gradients,)
    return numpy_of(list(results)), numpy_of(list(gradients))


@pytest.mark.parametrize("text, shapes, options", CASES)
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_outputs_and_gradients(text, shapes, options, training):
    theirs = built(text, mx, mlx_nn).train(training)
    ours = with_weights_of(built(text, lz, nn), theirs).train(training)
    inputs = [normal(i, *shape) for i, shape in enumerate(shapes)]
    for step in range(2):  # the second one sees the running statistics of the first
        expected = run(mx, mlx_nn, theirs, inputs, options)
        results = run(lz, nn, ours, inputs, options)
        assert_close(results, expected, 2e-5, f"{text}, step {step}")
    assert_close(numpy_of(ours.parameters()), numpy_of(theirs.parameters()), 2e-5)


def test_embedding():
    theirs = built("Embedding(7, 4)", mx, mlx_nn)
    ours = built("Embedding(7, 4)", lz, nn)
    assert repr(ours) == repr(theirs)
    assert_close(numpy_of(ours.parameters()), numpy_of(theirs.parameters()))
    indices = np.array([[0, 3, 3], [6, 1, 0]])
    results = []
    for core, layers, model in ((lz, nn, ours), (mx, mlx_nn, theirs)):

        def loss(x, model=model):
            y = model(x)
            return (y * y).sum() + model.as_linear(y).sum()

        value, gradients = layers.value_and_grad(model, loss)(core.array(indices))
        results.append((np.array(value), numpy_of(gradients)))
    assert_close(results[0], results[1], 2e-5)
    assert ours(2).shape == (4,)


def test_transposed_convolution_with_output_padding():
    # The gradient of MLX's, by the input, has not the input's shape: outputs alone are compared.
    x = normal(0, 2, 5, 4, 3)
    for text in (
        "ConvTranspose1d(3, 4, 3, stride=2, output_padding=1)",
        "ConvTranspose2d(3, 2, 2, stride=2, output_padding=(1, 0))",
        "ConvTranspose3d(3, 2, 2, stride=2, output_padding=1)",
    ):
        ours, theirs = built(text, lz, nn), built(text, mx, mlx_nn)
        shape = {"1": (10, 4, 3), "2": (2, 5, 4, 3), "3": (1, 2, 5, 4, 3)}[text[13]]
        part = x.reshape(shape)
        assert_close(numpy_of(ours(lz.array(part))), numpy_of(theirs(mx.array(part))), 2e-5, text)


@pytest.mark.parametrize("name", ["causal", "additive", "boolean"])
def test_attention_masks(name):
    masks = {
        "causal": lambda core, layers: layers.MultiHeadAttention.create_additive_causal_mask(4),
        "additive": lambda core, layers: core.array(normal(3, 2, 1, 4, 4)),
        "boolean": lambda core, layers: core.array(normal(3, 1, 2, 4, 4) > -1),
    }
    x = normal(0, 2, 4, 6)
    results = []
    for core, layers in ((lz, nn), (mx, mlx_nn)):
        layer = built("MultiHeadAttention(6, 2)", core, layers)
        a = core.array(x)
        results.append(numpy_of(layer(a, a, a, masks[name](core, layers))))
    assert_close(results[0], results[1], 2e-5)
    for dtype in ("float32", "float16"):
        a = nn.MultiHeadAttention.create_additive_causal_mask(3, getattr(lz, dtype))
        b = mlx_nn.MultiHeadAttention.create_additive_causal_mask(3, getattr(mx, dtype))
        assert_close(numpy_of(a), numpy_of(b))


@pytest.mark.parametrize("heads", [1, 2, 3, 6, 8, 12])
def test_alibi_slopes(heads):
    assert_close(
        numpy_of(nn.ALiBi.create_alibi_matrix(5, 4, heads, 2)),
        numpy_of(mlx_nn.ALiBi.create_alibi_matrix(5, 4, heads, 2)),
    )


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize(
    "scale", [0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 1, 1.2, 1.25, 1.5, 1.7, 2, 2.5, 3.3]
)
def test_upsample_takes_the_same_neighbours(size, scale):
    if int(size * scale) == 0:
        pytest.skip("nothing is left")
    for options in (
        {},
        {"mode": "linear"},
        {"mode": "linear", "align_corners": True},
        {"mode": "cubic"},
        {"mode": "cubic", "antialias": True},
    ):
        x = np.eye(size, dtype=np.float32)[None]
        ours = nn.Upsample(scale, **options)(lz.array(x))
        theirs = mlx_nn.Upsample(scale, **options)(mx.array(x))
        assert_close(numpy_of(ours), numpy_of(theirs), 2e-5, str(options))


@pytest.mark.parametrize("dtype", ["float16", "int32"])
@pytest.mark.parametrize(
    "text, shape",
    [
        ("LayerNorm(4)", (3, 4)),
        ("RMSNorm(4)", (3, 4)),
        ("BatchNorm(4)", (3, 4)),
        ("GroupNorm(2, 4)", (2, 3, 4)),
        ("InstanceNorm(4)", (2, 3, 4)),
        ("Linear(4, 2)", (3, 4)),
        ("MaxPool1d(2)", (1, 4, 2)),
        ("AvgPool1d(2)", (1, 4, 2)),
        ("Upsample(2)", (1, 3, 2)),
        ("Upsample(2, mode='linear')", (1, 3, 2)),
        ("Dropout(0.5)", (3, 2)),
        ("ALiBi()", (1, 2, 3, 3)),
        ("SinusoidalPositionalEncoding(4)", (3,)),
    ],
)
def test_dtypes_of_results(text, shape, dtype):
    if text.startswith("InstanceNorm") and dtype == "int32":
        pytest.skip("MLX refuses it")
    x = np.arange(np.prod(shape)).reshape(shape)
    results = []
    for core, layers in ((lz, nn), (mx, mlx_nn)):
        model = built(text, core, layers)
        core.random.seed(2)
        results.append(numpy_of(model(core.array(x).astype(getattr(core, dtype)))))
    assert_close(results[0], results[1], 2e-3)
