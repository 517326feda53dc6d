"""Single operations, at the sizes that the program `article` measures under the same names."""

import math

import torch
import torch.nn.functional as F


def tanh_gelu(x):
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + torch.tanh(inner))


def hundred_tiny(x, y):
    for _ in range(50):
        x = x * y + y
    return x


def operations():
    """Name -> (function, arguments), with random arguments."""
    normal = torch.randn
    eight_million = normal(8 * 1024 * 1024)
    wide = normal(4096, 2048)
    square, other = normal(1024, 1024), normal(1024, 1024)
    heads = [normal(4, 8, 512, 64) for _ in range(3)]
    image = normal(8, 64, 56, 56).to(memory_format=torch.channels_last)
    kernel = normal(64, 64, 3, 3).to(memory_format=torch.channels_last)
    return {
        "tanh-GELU chain 8M": (tanh_gelu, [eight_million]),
        "exp 8M": (torch.exp, [eight_million]),
        "softmax 4096x2048": (lambda x: torch.softmax(x, -1), [wide]),
        "layer norm 1024x1024": (lambda x: F.layer_norm(x, [1024]), [square]),
        "matmul 1024x1024x1024": (torch.matmul, [square, other]),
        "attention 4x8x512x64": (F.scaled_dot_product_attention, heads),
        "convolution 3x3 8x56x56x64": (lambda x, w: F.conv2d(x, w, padding=1), [image, kernel]),
        "sort 1M": (lambda x: torch.sort(x)[0], [eight_million[: 1 << 20]]),
        "cumulative sum 8M": (lambda x: torch.cumsum(x, 0), [eight_million]),
        "transposing copy 8M": (lambda x: x.t().contiguous(), [wide]),
        "sum over columns 4096x2048": (lambda x: torch.sum(x, 0), [wide]),
        "100 tiny operations": (hundred_tiny, [normal(16), normal(16)]),
    }
