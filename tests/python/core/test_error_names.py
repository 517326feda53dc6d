"""Errors begin with the name of the function that was called, and with no other."""

import pytest

import lazulite.core as lz

X = lz.arange(12).reshape(3, 4)

CALLS = {
    "slice": lambda: lz.slice(X, lz.array([0]), [5], (1, 2)),
    "slice_update": lambda: lz.slice_update(X, lz.ones((5, 5)), lz.array([0]), [0]),
    "einsum": lambda: lz.einsum("i->ij", lz.ones(2)),
    "einsum_path": lambda: lz.einsum_path("i->ij", lz.ones(2)),
    "clip": lambda: lz.clip(lz.ones(3), lz.ones(2), None),
    "count_nonzero": lambda: lz.count_nonzero(X, 4),
    "isclose": lambda: lz.isclose(lz.ones(3), lz.ones(2)),
    "norm": lambda: lz.linalg.norm(X, 7),
    "trace": lambda: lz.trace(X, axis1=7),
    "median": lambda: lz.median(X, axis=3),
    "add": lambda: lz.add(lz.ones(3), lz.ones(2)),
    "tensordot": lambda: lz.tensordot(X, X, 1),
    "fftshift": lambda: lz.fft.fftshift(X, axes=(4,)),
    "topk": lambda: lz.topk(X, 9),
    "take": lambda: lz.take(X, lz.array([1.0])),
    "roll": lambda: lz.roll(X, 1, 5),
    "quantized_matmul": lambda: lz.quantized_matmul(lz.ones((2, 32)), X, X),
    "randint": lambda: lz.random.randint(0, 300, (2,), lz.uint8),
    "recv": lambda: lz.distributed.recv((2,), lz.float32, 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_of_the_function(name):
    with pytest.raises((ValueError, IndexError, RuntimeError)) as caught:
        CALLS[name]()
    message = str(caught.value)
    beginnings = [f"{family}{name}: " for family in ("", "linalg.", "random.", "fft.")]
    begins = [b for b in beginnings if message.startswith(b)]
    assert begins, message
    rest = message[len(begins[0]) :]
    first = rest.split(":")[0] if ":" in rest else ""
    assert not hasattr(lz, first.strip("[]")) and not hasattr(lz.linalg, first), message


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("slice", lambda: lz.slice(X, lz.array([2]), [0], (2, 2))),
        ("slice_update", lambda: lz.slice_update(X, lz.ones((2, 2)), lz.array([2]), [0])),
        ("take", lambda: lz.take(X, lz.array([7]), axis=0)),
    ],
)
def test_of_what_is_found_later(name, make):
    with pytest.raises(IndexError, match=f"^{name}: the index [37] is out of range"):
        make().tolist()


def test_a_number_is_no_file(capfd):
    for write in (
        lambda: lz.export_to_dot(1, lz.ones(2) + 1),
        lambda: __import__("lazulite.debug").debug.plan_svg(1, lz.ones(2) + 1),
    ):
        with pytest.raises(TypeError):
            write()
    print("still open", flush=True)
    assert "still open" in capfd.readouterr().out
