"""What a compiled function finds and leaves in containers that it makes anew, in slots, in classes,
in namespaces and in modules is what the plain function does."""

import argparse
import collections
import sys
import types
from dataclasses import dataclass

import pytest

import lazulite.core as lz

Pair = collections.namedtuple("Pair", "h c")


class Holder:
    pass


class Slots:
    __slots__ = ("w",)


@dataclass(frozen=True)
class Frozen:
    __slots__ = ("w",)
    w: object


class Counted:
    w = None


class Whole(int):
    pass


class Text(str):
    pass


def described(tree):
    """A tree with arrays as lists, and the types of its containers."""
    if isinstance(tree, lz.array):
        return (str(tree.dtype), tree.tolist())
    if isinstance(tree, dict):
        return (type(tree), {key: described(value) for key, value in tree.items()})
    if isinstance(tree, (list, tuple)):
        return (type(tree), [described(value) for value in tree])
    return described(vars(tree)) if isinstance(tree, Holder) else tree


def swap(s, x):
    s.a, s.b = s.b, s.a


def shared(s, x):
    s.a = s.b = [x + s.a[0]]


def rebuilt_within(s, x):
    s.a = {"new": [s.a["new"][0] * 2 + x], "kept": s.a["kept"], "n": 3}


def twice(s, x):
    s.a = [s.a[0] + x]
    s.a = [s.a[0] * 2, 5]


def emptied(s, x):
    s.a = {k: v + x for k, v in s.a.items()}
    s.b = []


def moved_in(s, x):
    s.a = (s.b, s.a[1] + x)


def changed_and_moved(s, x):
    s.b += x
    s.a = (s.b, 1)


def new_instance(s, x):
    old, s.a = s.a, Holder()
    s.a.w = [old.w[0] + x]


CASES = {
    "tuple": (
        lambda: [(lz.array(1.0), lz.array(2.0))],
        lambda s, x: setattr(s, "a", (s.a[0] + x, s.a[1] * 2)),
    ),
    "named tuple": (
        lambda: [Pair(lz.array(1.0), lz.array(2.0))],
        lambda s, x: setattr(s, "a", s.a._replace(c=s.a.c + x)),
    ),
    "list": (lambda: [[lz.array(1.0)]], lambda s, x: setattr(s, "a", [s.a[0] + x])),
    "dict": (lambda: [{"w": lz.array(1.0)}], lambda s, x: setattr(s, "a", {"w": s.a["w"] + x})),
    "comprehension": (
        lambda: [{"w": [lz.array(1.0)] * 2, "b": (lz.array(2.0),)}],
        lambda s, x: setattr(s, "a", mapped(lambda v: v * 2 + x, s.a)),
    ),
    "swap": (lambda: [[lz.array(1.0)], [lz.array(2.0)]], swap),
    "shared": (lambda: [[lz.array(1.0)]] * 2, shared),
    "rebuilt within": (
        lambda: [{"new": [lz.array(1.0)], "kept": [lz.array(5.0)], "n": 3}],
        rebuilt_within,
    ),
    "twice": (lambda: [[lz.array(1.0), 5]], twice),
    "emptied": (lambda: [{"w": lz.array(1.0)}, [1]], emptied),
    "moved in": (lambda: [(lz.array(1.0), lz.array(2.0)), lz.array(3.0)], moved_in),
    "changed and moved": (lambda: [(lz.array(1.0), 1), lz.array(3.0)], changed_and_moved),
    "new instance": (lambda: [held([lz.array(1.0)])], new_instance),
    "nested": (
        lambda: [{"deep": {"w": lz.array(1.0)}}],
        lambda s, x: s.a.update(deep={"w": s.a["deep"]["w"] + x}),
    ),
}


def held(w):
    out = Holder()
    out.w = w
    return out


def mapped(f, tree):
    if isinstance(tree, dict):
        return {k: mapped(f, v) for k, v in tree.items()}
    return type(tree)(map(f, tree)) if isinstance(tree, (list, tuple)) else f(tree)


@pytest.mark.parametrize("shapeless", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_containers_made_anew(name, shapeless):
    make, change = CASES[name]
    found = []
    for compiled in (False, True):
        state = Holder()
        for attribute, value in zip("ab", make(), strict=False):
            setattr(state, attribute, value)

        def step(x, state=state):
            change(state, x)
            return x + 1

        run = lz.compile(step, shapeless=shapeless) if compiled else step
        seen = []
        first = described(state.a)
        alias = state.a
        for k in range(4):
            out = run(lz.array(float(k)))
            seen.append((out.item(), described(state)))
        # What was there before is left alone, where the function makes another.
        seen.append(described(alias) == first)
        found.append(seen)
    assert found[0] == found[1]


def test_variables_and_globals():
    state = (lz.array(1.0), lz.array(2.0))

    @lz.compile
    def step(x):
        nonlocal state
        global _tree
        state = (state[1], state[0] + x)
        _tree = {"w": [_tree["w"][0] + x]}
        return x

    globals()["_tree"] = {"w": [lz.array(0.0)]}
    for k in (1.0, 2.0, 3.0):
        step(lz.array(k))
    assert [v.item() for v in state] == [4.0, 5.0]  # (2, 2), (2, 4), (4, 5)
    assert _tree["w"][0].item() == 6


def test_the_old_containers_come_back_after_an_error():
    state = Holder()
    state.a = first = (lz.array([1.0, 2.0]),)
    place = lz.array([0])

    @lz.compile
    def step(x, fail):
        state.a = (state.a[0] + lz.take(x, place),)
        if fail:
            raise KeyError("asked for")
        return x

    with pytest.raises(KeyError):
        step(lz.ones(2), True)
    assert state.a is first and first[0].tolist() == [1, 2]
    step(lz.ones(2), False)
    second = state.a
    place += 7
    with pytest.raises(IndexError):
        lz.eval(step(lz.ones(2), False), state.a)
    assert second[0].tolist() == [2, 3]
    place -= 7
    step(lz.ones(2), False)
    assert state.a[0].tolist() == [3, 4]


def places(tmp_path, monkeypatch):
    (tmp_path / "settings_of_a_user.py").write_text("w = k = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    import settings_of_a_user

    def function():
        pass

    return {
        "slots": Slots(),
        "frozen slots": Frozen(None),
        "class": Counted,
        "namespace": types.SimpleNamespace(),
        "options": argparse.Namespace(),
        "function": function,
        "module": settings_of_a_user,
    }


NAMES = ["slots", "frozen slots", "class", "namespace", "options", "function", "module"]


def put(holder, value):
    (object.__setattr__ if isinstance(holder, Frozen) else setattr)(holder, "w", value)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_put_there_is_seen(name, tmp_path, monkeypatch):
    holder = places(tmp_path, monkeypatch)[name]
    put(holder, lz.array(1.0))
    read = lz.compile(lambda x: x + holder.w)
    assert read(lz.array(0.0)).item() == 1
    put(holder, lz.array(5.0))
    assert read(lz.array(0.0)).item() == 5
    put(holder, holder.w + 1)
    assert read(lz.array(0.0)).item() == 6
    put(holder, 2.5)
    assert read(lz.array(0.0)).item() == 2.5
    put(holder, 3.5)
    assert read(lz.array(0.0)).item() == 3.5
    sys.modules.pop("settings_of_a_user", None)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_function_puts_there_stays(name, tmp_path, monkeypatch):
    holder = places(tmp_path, monkeypatch)[name]
    put(holder, lz.array(1.0))

    @lz.compile
    def step(x, fail):
        put(holder, holder.w + x)
        if fail:
            raise KeyError("asked for")
        return holder.w * 2

    for k, expected in ((1.0, 2.0), (2.0, 4.0), (3.0, 7.0)):
        assert step(lz.array(k), False).item() == 2 * expected
        assert holder.w.item() == expected
    with pytest.raises(KeyError):
        step(lz.array(1.0), True)
    assert holder.w.item() == 7
    sys.modules.pop("settings_of_a_user", None)


@pytest.mark.parametrize("kind", [Whole, Text, type("Real", (float,), {})])
def test_numbers_of_classes_of_their_own(kind):
    scale = kind(2)
    f = lz.compile(lambda x: x * float(scale))
    assert f(lz.array(1.0)).item() == 2
    scale = kind(3)
    assert f(lz.array(1.0)).item() == 3


def test_functions_in_modules_of_the_user(tmp_path, monkeypatch):
    (tmp_path / "layers_of_a_user.py").write_text("scale = 2.0\ndef f(x):\n    return x * scale\n")
    monkeypatch.syspath_prepend(tmp_path)
    import layers_of_a_user

    step = lz.compile(lambda x: layers_of_a_user.f(x))
    assert step(lz.array(1.0)).item() == 2
    layers_of_a_user.scale = 5.0
    assert step(lz.array(1.0)).item() == 5
    layers_of_a_user.f = lambda x: x - 1
    assert step(lz.array(1.0)).item() == 0
    sys.modules.pop("layers_of_a_user")
