"""The operations of the C++ fuzzer's programs, as Python calls them.

Each entry takes the operands and the lists of numbers that tests/fuzz gives it.
"""

from __future__ import annotations

import copy

import lazulite.core as lz

#: Operations of the fuzzer that Python has no name for, and why.
MISSING = {
    "scatter_add": "part of x.at[...].add, which is another primitive",
    "add_along_axis": "not one of MLX's functions",
    "reversal": "operations of users are C++",
    "alias": "a node of its own in C++, which changes the order of sums of gradients",
    "linear_recurrence": "not one of MLX's functions",
    "bits": "not one of MLX's functions",
    "bits_state": "not one of MLX's functions",
    "bits16": "not one of MLX's functions",
    "bits16_state": "not one of MLX's functions",
}

#: The names of dtypes by the fuzzer's numbers; set when programs are read.
DTYPES: list[str] = []


def dtype(numbers):
    name = DTYPES[numbers[0]]
    return getattr(lz, "bool_" if name == "bool" else name)


def axes(numbers):
    """In C++ no axes are all axes."""
    return numbers or None


def copied(x):
    """Another array object of the same array, to be assigned to."""
    return copy.copy(x)


def scalar(numbers):
    kind, value = numbers
    return value if kind == 0 else value / 8


def slices(n):
    return tuple(slice(*bounds) for bounds in zip(*n, strict=True))


def slice_update(x, n):
    out = copied(x[0])
    out[slices(n)] = x[1]
    return out


def entries(arrays, numbers):
    """The entries of an index: each is a kind and three numbers."""
    arrays = iter(arrays)
    out = []
    for i in range(0, len(numbers), 4):
        kind, a, b, c = numbers[i : i + 4]
        if kind == 0:
            out.append(a)
        elif kind == 1:
            out.append(slice(a, b, c))
        elif kind == 2:
            out.append(None)
        elif kind == 3:
            out.append(...)
        else:
            out.append(next(arrays))
    return tuple(out)


def updated(x, index, value, how):
    if how == "set":
        out = copied(x)
        out[index] = value
        return out
    return getattr(x.at[index], how)(value)


def log_softmax(x, n):
    if len(n[0]) != 1:
        raise NotImplementedError("log_softmax over several axes")
    return lz._nn.log_softmax(x[0], n[0][0])


def pool(function, x, window, stride, padding):
    return function(x, [window] * 2, [stride] * 2, [padding] * 2)


def conv_block(x, n):
    out = lz.conv2d(x[0], x[1], 1, n[1][0]) + x[2]
    return pool(lz._nn.max_pool, lz.relu(out), 2, 2, 0)


def quantized_product(x, n):
    form = [
        {"group_size": 64, "bits": 4},
        {"group_size": 32, "bits": 6},
        {"mode": "nvfp4"},
    ][n[0][0]]
    return lz.quantized_matmul(x[0], *lz.quantize(x[1], **form), **form)


def segmented_product(x, n):
    ends = list(zip(n[0][::2], n[0][1::2], strict=True))
    return lz.segmented_mm(x[0], x[1], lz.array(ends))


def masked_product(x, n):
    bits = n[0][0]

    def mask(rows, columns):
        nonlocal bits
        own, bits = bits & 31, bits >> 5
        if own & 16:
            return None
        down, across = (rows + 31) // 32, (columns + 31) // 32
        kept = [bool(own >> i & 1) for i in range(down * across)]
        return lz.array(kept).reshape(down, across)

    (rows, depth), columns = x[0].shape, x[1].shape[1]
    masks = mask(rows, columns), mask(rows, depth), mask(depth, columns)
    return lz.block_masked_mm(x[0], x[1], 32, *masks)


@lz.custom_function
def square_with_rules(x):
    return lz.square(x)


@square_with_rules.vjp
def _(x, cotangent, output):
    return 2 * x * cotangent


@square_with_rules.jvp
def _(x, tangent):
    return 2 * x * tangent


@lz.checkpoint
def checkpointed(x, y):
    return lz.tanh(x) * y


def pairs(n):
    return list(zip(*n, strict=True))


def fold(name):
    function = getattr(lz, name)

    def call(x, n):
        if x[0].ndim == 0 and name in ("sum", "prod"):
            raise NotImplementedError("over no axes, MLX's are the number in its own dtype")
        return function(x[0], axis=axes(n[0]), keepdims=bool(n[1][0]))

    return call


TABLE = {
    "astype": lambda x, n: lz.astype(x[0], dtype(n[0])),
    "round_decimals": lambda x, n: lz.round(x[0], n[0][0]),
    "to_fp8": lambda x, n: lz.to_fp8(x[0]),
    "from_fp8": lambda x, n: lz.from_fp8(x[0], lz.float32),
    "var": lambda x, n: lz.var(x[0], axis=axes(n[0]), ddof=n[1][0]),
    "stddev": lambda x, n: lz.std(x[0], axis=axes(n[0])),
    "argmax": lambda x, n: lz.argmax(x[0], n[0][0], bool(n[1][0])),
    "argmin": lambda x, n: lz.argmin(x[0], n[0][0], bool(n[1][0])),
    "cumsum": lambda x, n: lz.cumsum(
        x[0], n[0][0], reverse=bool(n[1][0]), inclusive=bool(n[2][0])
    ),
    "sort": lambda x, n: lz.sort(x[0], n[0][0]),
    "argsort": lambda x, n: lz.argsort(x[0], n[0][0]),
    "softmax": lambda x, n: lz.softmax(x[0], axis=axes(n[0])),
    "log_softmax": log_softmax,
    "view": lambda x, n: lz.view(x[0], dtype(n[0])),
    "reshape": lambda x, n: lz.reshape(x[0], n[0]),
    "transpose": lambda x, n: lz.transpose(x[0], n[0]),
    "slice": lambda x, n: x[0][slices(n)],
    "slice_update": slice_update,
    "flip": lambda x, n: lz.flip(x[0], axes(n[0])),
    "expand_dims": lambda x, n: lz.expand_dims(x[0], n[0]),
    "squeeze": lambda x, n: lz.squeeze(x[0]),
    "broadcast_to": lambda x, n: lz.broadcast_to(x[0], n[0]),
    "diagonal": lambda x, n: lz.diagonal(x[0], n[0][0], *n[1]),
    "stop_gradient": lambda x, n: lz.stop_gradient(x[0]),
    "copy": lambda x, n: copy.deepcopy(x[0]),
    "contiguous": lambda x, n: lz.contiguous(x[0]),
    "concatenate": lambda x, n: lz.concatenate(x, n[0][0]),
    "stack": lambda x, n: lz.stack(x, n[0][0]),
    "tile": lambda x, n: lz.tile(x[0], n[0]),
    "repeat": lambda x, n: lz.repeat(x[0], n[0][0], n[1][0]),
    "roll": lambda x, n: lz.roll(x[0], n[0][0], n[1][0]),
    "pad": lambda x, n: lz.pad(x[0], pairs(n), constant_values=1),
    "pad_edge": lambda x, n: lz.pad(x[0], pairs(n), mode="edge"),
    "tril": lambda x, n: lz.tril(x[0], n[0][0]),
    "triu": lambda x, n: lz.triu(x[0], n[0][0]),
    "diag": lambda x, n: lz.diag(x[0], n[0][0]),
    "take": lambda x, n: lz.take(x[0], x[1], n[0][0]),
    "take_position": lambda x, n: lz.take(x[0], n[1][0], n[0][0]),
    "take_along_axis": lambda x, n: lz.take_along_axis(x[0], x[1], n[0][0]),
    "put_along_axis": lambda x, n: lz.put_along_axis(x[0], x[1], x[2], n[0][0]),
    "index": lambda x, n: x[0][entries(x[1:], n[0])],
    "matmul": lambda x, n: lz.matmul(x[0], x[1]),
    "addmm": lambda x, n: lz.addmm(x[2], x[0], x[1], 0.5, 2),
    "inner": lambda x, n: lz.inner(x[0], x[1]),
    "outer": lambda x, n: lz.outer(x[0], x[1]),
    "tensordot": lambda x, n: lz.tensordot(x[0], x[1], 1),
    "quantized_matmul": quantized_product,
    "gather_mm": lambda x, n: lz.gather_mm(x[0], x[1], x[2], x[3]),
    "segmented_mm": segmented_product,
    "block_masked_mm": masked_product,
    "attention": lambda x, n: lz.fast.scaled_dot_product_attention(
        *x, scale=0.25, mask="causal" if n[0][0] else None
    ),
    "as_strided": lambda x, n: lz.as_strided(x[0], n[0], n[1], n[2][0]),
    "conv2d": lambda x, n: lz.conv2d(x[0], x[1], *(numbers[0] for numbers in n)),
    "conv_block": conv_block,
    "max_pool2d": lambda x, n: pool(lz._nn.max_pool, x[0], *(k[0] for k in n)),
    "avg_pool2d": lambda x, n: pool(lz._nn.avg_pool, x[0], *(k[0] for k in n)),
    "arange": lambda x, n: lz.arange(n[0][0], n[1][0], n[2][0], dtype(n[3])),
    "linspace": lambda x, n: lz.linspace(n[0][0], n[1][0], n[2][0]),
    "eye": lambda x, n: lz.eye(n[0][0], n[1][0], n[2][0]),
    # A number keeps its kind where a dtype cannot hold it, as in MLX; an array does not.
    "full": lambda x, n: lz.full(n[0], lz.array(n[1][0], dtype(n[2]))),
    "depends": lambda x, n: lz.depends([x[0]], [x[1]])[0],
    "square_with_rules": lambda x, n: square_with_rules(x[0]),
    "checkpoint": lambda x, n: checkpointed(x[0], x[1]),
}

for name in ("sum", "prod", "max", "min", "all", "any", "count_nonzero", "mean", "logsumexp"):
    TABLE[name] = fold(name)

for name in ("cumprod", "cummax", "cummin", "logcumsumexp"):
    TABLE[name] = lambda x, n, name=name: getattr(lz, name)(
        x[0], n[0][0], reverse=bool(n[1][0]), inclusive=bool(n[2][0])
    )

for name in ("set", "add", "subtract", "multiply", "divide", "maximum", "minimum"):
    TABLE[f"index_{name}"] = lambda x, n, how=name: updated(
        x[0], entries(x[1:-1], n[0]), x[-1], how
    )
    TABLE[f"masked_{name}"] = lambda x, n, how=name: updated(x[0], x[1], x[2], how)

_draws = {
    "uniform": lambda shape, key: lz.random.uniform(0, 1, shape, lz.float32, key),
    "uniform_half": lambda shape, key: lz.random.uniform(0, 1, shape, lz.bfloat16, key),
    "normal": lambda shape, key: lz.random.normal(shape, lz.float32, 0.0, 1.0, key),
    "truncated_normal": lambda shape, key: lz.random.truncated_normal(
        -1.0, 2.0, shape, lz.float32, key
    ),
    "gumbel": lambda shape, key: lz.random.gumbel(shape, lz.float32, key),
    "laplace": lambda shape, key: lz.random.laplace(shape, lz.float32, 1.0, 2.0, key),
    "bernoulli": lambda shape, key: lz.random.bernoulli(0.4, shape, key),
    "randint": lambda shape, key: lz.random.randint(-7, 90, shape, lz.int32, key),
}
for name, draw in _draws.items():
    TABLE[name] = lambda x, n, draw=draw: draw(n[0], x[0])
    TABLE[f"{name}_state"] = lambda x, n, draw=draw: draw(n[0], None)


def perform(name, operands, numbers):
    """What the operation of a name gives."""
    if entry := TABLE.get(name):
        return entry(operands, numbers)
    # A row of the table of elementwise operations.
    if name.endswith("_scalar"):
        return getattr(lz, name.removesuffix("_scalar"))(operands[0], scalar(numbers[0]))
    return getattr(lz, name)(*operands)
