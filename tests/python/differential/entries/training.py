"""Initialisers, and optimizers: some steps on the same gradients."""

from __future__ import annotations

import compare
from calls import Program
from compare import relative, ulp
from drawing import Draw

from .entry import ENTRIES, Entry, entry
from .layers import features

for name, options in {
    "constant": {"value": 2.0},
    "normal": {"mean": 1.0, "std": 2.0},
    "uniform": {"low": -1.0, "high": 1.0},
    "identity": {},
    "glorot_normal": {},
    "glorot_uniform": {},
    "he_normal": {},
    "he_uniform": {},
    "orthogonal": {},
    "sparse": {"sparsity": 0.5},
}.items():
    shape = [(3, 3)] if name == "identity" else [(3, 4), (5, 2)]
    ENTRIES[f"nn.init.{name}"] = Entry(
        f"nn.init.{name}",
        lambda d, name=name, options=options, shape=shape: Program(
            "mx.random.seed(seed)\nresult = nn.init.%s(**options)(mx.zeros(shape))" % name,
            {"seed": d.integer(0, 999), "options": options, "shape": d.choice(*shape)},
        ),
        compare.orthogonal_factor if name == "orthogonal" else relative(16),
    )


@entry("core.fast.gated_delta_update", relative(256))
def _(d):
    batch, steps, heads, shared = (d.integer(1, 3) for _ in range(4))
    features, of_values = d.integer(1, 5), d.integer(1, 5)
    dtype = d.choice("float32", "float16", "bfloat16")

    def numbers(*shape, low=-1.0, high=1.0, dtype=dtype):
        return d.array(shape, dtype=dtype, special=False, low=low, high=high)

    mask = d.array((batch, steps), dtype="bool") if d.bool() else None
    state = numbers(batch, heads * shared, of_values, features, dtype="float32")
    return [
        *(numbers(batch, steps, heads, features, low=-0.4, high=0.4) for _ in range(2)),
        numbers(batch, steps, heads * shared, of_values),
        *(numbers(batch, steps, heads * shared, low=0) for _ in range(2)),
        state if d.bool() else None,
        mask,
    ]


# Optimizers: some steps on the same gradients.

_OPTIMIZERS = {
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
    "Adam": {"learning_rate": 0.1, "betas": [0.8, 0.9], "eps": 1e-6, "bias_correction": True},
    "AdamW": {"learning_rate": 0.1, "weight_decay": 0.1},
    "Adamax": {"learning_rate": 0.1},
    "Adagrad": {"learning_rate": 0.1},
    "AdaDelta": {"learning_rate": 0.1, "rho": 0.8},
    "RMSprop": {"learning_rate": 0.1, "alpha": 0.9},
    "Lion": {"learning_rate": 0.1, "weight_decay": 0.1},
    "Adafactor": {"learning_rate": 0.1, "relative_step": False},
    "Muon": {"learning_rate": 0.1},
}
for name, options in _OPTIMIZERS.items():

    def steps(d: Draw, name=name, options=options):
        shape = d.choice((3, 4), (2, 3)) if name == "Muon" else d.choice((3,), (2, 3))
        drawn = {k: v for k, v in options.items() if k == "learning_rate" or d.bool()}
        drawn.pop("nesterov", None) if "momentum" not in drawn else None
        return Program(
            f"optimizer = optim.{name}(**options)\n"
            "p = {'a': {'w': w}}\n"
            "for g in gradients: p = optimizer.apply_gradients({'a': {'w': g}}, p)\n"
            "result = [p, dict(utils.tree_flatten(optimizer.state))]",
            {
                "options": drawn,
                "w": d.array(shape, ["float32"], special=False),
                "gradients": [d.array(shape, ["float32"], special=False) for _ in range(3)],
            },
        )

    ENTRIES[f"optimizers.{name}"] = Entry(f"optimizers.{name}", steps, relative(256))

for name, arguments in {
    "cosine_decay": [0.1, 10],
    "exponential_decay": [0.1, 0.9],
    "step_decay": [0.1, 0.9, 3],
    "linear_schedule": [0.0, 0.1, 5],
}.items():
    ENTRIES[f"optimizers.{name}"] = Entry(
        f"optimizers.{name}",
        lambda d, name=name, arguments=arguments: Program(
            f"result = mx.array(optim.{name}(*arguments)(step))",
            {
                "arguments": arguments,
                "step": d.array((), dtype="int32", special=False, low=0, high=20),
            },
        ),
        ulp(4),
    )
ENTRIES["optimizers.join_schedules"] = Entry(
    "optimizers.join_schedules",
    lambda d: Program(
        "s = optim.join_schedules([optim.linear_schedule(0.0, 0.1, 5), "
        "optim.cosine_decay(0.1, 9)], [5])\nresult = mx.array(s(step))",
        {"step": d.array((), dtype="int32", special=False, low=0, high=20)},
    ),
    ulp(4),
)
ENTRIES["optimizers.clip_grad_norm"] = Entry(
    "optimizers.clip_grad_norm",
    lambda d: Program(
        "result = optim.clip_grad_norm({'a': a, 'b': [b]}, limit)",
        {
            "a": d.array((3,), ["float32"], special=False),
            "b": d.array((2, 2), ["float32"], special=False),
            "limit": d.choice(0.5, 3.0, 100.0),
        },
    ),
    relative(16),
)
