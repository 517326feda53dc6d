"""Whatever function is called with whatever does not suit it, the error begins with its name."""

import inspect
import random
import re

import pytest

import lazulite.core as lz

MODULES = {
    "": lz,
    "linalg": lz.linalg,
    "fft": lz.fft,
    "random": lz.random,
    "fast": lz.fast,
}

# They do other things than to compute, or call what they are given.
OTHERS = set(
    """async_eval checkpoint clear_cache compile custom_function default_device
    default_stream depends device_count device_info disable_compile enable_compile eval
    export_function export_to_dot exporter grad import_function jvp load new_stream save
    save_gguf save_safetensors savez savez_compressed set_cache_limit set_default_device
    set_default_stream set_memory_limit set_num_threads set_wired_limit stream synchronize
    value_and_grad vjp vmap""".split()
)

# What makes arrays of anything says what it cannot be made of, as MLX does.
FROM_ANYTHING = {"asarray", "from_dlpack"}

SCALARS = [0, 1, -1, 7, -9, 3.5, float("nan"), float("inf"), True, None, "x", "full", "ij,jk"]
SCALARS += [(0, 1), (1, 1), (-1, 2), (2, 3), [0], [5], [0, 0], [], lz.int32, lz.complex64]


def arrays():
    nan = float("nan")
    values = [1.0, [1.0, 2, 3], [[1.0, 2, 3], [4, 5, 6]], [1, 2, 3], [True, False], [1 + 1j, 2]]
    values += [[[1, 2], [3, 4]], [100], [-100, 7], [nan] * 3, [[nan] * 2] * 2, [1.5, 2.5]]
    shapes = [(0,), (0, 3), (2, 0, 3), (2, 3, 4, 5), (3, 3), (2, 2, 2)]
    halves = lz.zeros((2, 2), dtype=lz.float16)
    return [lz.array(v) for v in values] + [lz.zeros(s) for s in shapes] + [halves]


def functions():
    for module, holder in MODULES.items():
        for name in sorted(dir(holder)):
            function = getattr(holder, name)
            if name.startswith("_") or name in OTHERS or inspect.isclass(function):
                continue
            if callable(function) and not inspect.ismodule(function):
                yield pytest.param(holder, name, id=f"{module}.{name}" if module else name)


def names_of(function):
    """All names under which it is known, and with its module's."""
    for module, holder in MODULES.items():
        for name in dir(holder):
            if getattr(holder, name) is function:
                yield name
                yield f"{module}.{name}"


def parameters_of(function):
    """The names of those that must be given, of those that may be, and whether there are more."""
    signature = function.__nb_signature__[0][0]
    inside = re.match(r"def \w+\((.*)\)(?: -> .*)?$", signature, re.DOTALL).group(1)
    needed, optional, more = [], [], False
    for name, default in re.findall(r"(?:^|, )(\*?\w+)(?:: [^=]*?)?( = |(?=, \*?\w+|$))", inside):
        if name.startswith("*"):
            more = True
        elif name != "stream":
            (optional if default else needed).append(name)
    return needed, optional, more


def drawn_call(draw, function, some):
    """Arguments that may suit or not."""
    needed, optional, more = parameters_of(function)
    given = []
    for i in range(len(needed) + (draw.randrange(1, 4) if more else 0)):
        if i > 0 and draw.random() < 0.5:
            given.append(draw.choice(SCALARS))
        elif draw.random() < 0.9:
            given.append(draw.choice(some))
        else:
            given.append([draw.choice(some) for _ in range(draw.randrange(4))])
    named = {
        name: draw.choice(SCALARS if draw.random() < 0.7 else some)
        for name in optional
        if draw.random() < 0.35
    }
    return given, named


@pytest.mark.parametrize("holder, name", functions())
def test_the_called_function_is_named(holder, name):
    function = getattr(holder, name)
    names, some, draw = set(names_of(function)), arrays(), random.Random(name)
    for _ in range(80):
        given, named = drawn_call(draw, function, some)
        try:
            lz.eval(function(*given, **named))
        except TypeError:
            continue
        except (ValueError, IndexError, RuntimeError) as error:
            message = str(error)
        else:
            continue
        if name in FROM_ANYTHING or message.startswith("the class label "):
            continue
        first = re.match(r"[\w.]+(?=: )", message)
        assert first and first.group() in names, (message, given, named)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: lz.linalg.inv(lz.zeros((2, 2))), "inv"),
        (lambda: lz.linalg.solve(lz.zeros((2, 2)), lz.ones((2,))), "solve"),
        (lambda: lz.linalg.eigvals(lz.full((2, 2), float("nan"))), "eigvals"),
        (lambda: lz.linalg.eig(lz.full((2, 2), float("nan"))), "eig"),
        (lambda: lz.gather_mm(lz.ones((2, 2)), lz.ones((2, 2)), lz.array([3])), "gather_mm"),
        (lambda: lz.segmented_mm(lz.eye(2), lz.eye(2), lz.array([0, 3])), "segmented_mm"),
        (lambda: lz.meshgrid("x"), "meshgrid"),
        (lambda: lz.atleast_2d(None), "atleast_2d"),
        (lambda: lz.broadcast_arrays(lz.ones(2), "x"), "broadcast_arrays"),
        (lambda: lz.split(lz.zeros((0,)), 2**62), "split"),
        (lambda: lz.fft.stft(lz.ones(4), 2**40), "stft"),
    ],
)
def test_what_is_found_inside_or_when_it_is_computed(call, name):
    with pytest.raises((ValueError, IndexError, RuntimeError), match=f"^{name}: "):
        lz.eval(call())
