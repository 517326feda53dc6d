"""What a compiled function puts where no array was goes away again, if the function raises or its
run fails."""

import gc
import weakref

import numpy as np
import pytest

import lazulite.core as lz
import lazulite.nn as nn

TABLE = lz.array([1.0, 2.0, 3.0])


class Plain:
    def __init__(self):
        self.cache = None
        self.pair = (1, 2)


class Kept(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = None


def as_attribute(value, place):
    place["object"].cache = value


def as_attribute_of_a_module(value, place):
    place["module"].cache = value


def as_new_attribute(value, place):
    place["object"].other = value


def in_a_tuple(value, place):
    place["object"].pair = (value, [value * 2])


def in_a_new_dict(value, place):
    place["entries"]["new"] = {"deep": [{"value": value}]}


def as_entry_of_none(value, place):
    place["entries"]["none"] = value


def appended(value, place):
    place["items"].append(value)
    place["items"].append([value])


def instead_of_an_item(value, place):
    place["items"][0] = value


def in_an_object(value, place):
    new = Plain()
    new.cache = value
    place["entries"]["object"] = new


WAYS = [
    as_attribute,
    as_attribute_of_a_module,
    as_new_attribute,
    in_a_tuple,
    in_a_new_dict,
    as_entry_of_none,
    appended,
    instead_of_an_item,
    in_an_object,
]


def places():
    return {
        "object": Plain(),
        "module": Kept(),
        "entries": {"none": None, "number": 3},
        "items": ["first", "second"],
    }


def contents(place):
    """All that is in the places, in a form that can be compared."""

    def plain(x):
        if isinstance(x, lz.array):
            return ("array", np.asarray(x).tolist())
        if isinstance(x, nn.Module):
            return ("module", {k: plain(v) for k, v in x.items()}, plain(x.cache))
        if isinstance(x, Plain):
            return ("object", {k: plain(v) for k, v in vars(x).items()})
        if isinstance(x, dict):
            return {k: plain(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return [type(x).__name__] + [plain(v) for v in x]
        return x

    return plain(place)


@pytest.mark.parametrize("put", WAYS)
@pytest.mark.parametrize("fails", ["raises", "checks", "checks later"])
def test_places_get_back_what_they_held(put, fails):
    place, untouched = places(), places()
    raises = [fails == "raises"]

    @lz.compile
    def step(index):
        value = TABLE[index] * 2
        put(value, place)
        if raises[0]:
            raise KeyError("stop")
        return value

    if fails == "raises":
        with pytest.raises(KeyError):
            step(lz.array([1]))
    else:
        with pytest.raises(IndexError):
            out = step(lz.array([7]))
            if fails == "checks later":
                step(lz.array([1]))  # stands on it, or is told
                step(lz.array([1]))
            out.tolist()
    if fails != "checks later":
        assert contents(place) == contents(untouched)
    raises[0] = False
    fresh = places()
    put(TABLE[lz.array([1])] * 2, fresh)
    if fails != "checks later":
        assert step(lz.array([1])).tolist() == [4]
        assert contents(place) == contents(fresh)


def test_a_variable_gets_back_what_it_held():
    made = None

    @lz.compile
    def step(index):
        nonlocal made
        value = TABLE[index] * 2
        if made is None:
            made = value
        return value + made

    with pytest.raises(IndexError):
        step(lz.array([7])).tolist()
    assert made is None
    assert step(lz.array([0])).tolist() == [4]
    assert made.tolist() == [2]


def test_what_the_user_has_put_there_since_stays():
    entries = {}

    @lz.compile
    def step(index):
        entries["value"] = TABLE[index]
        return entries["value"] + 1

    out = step(lz.array([7]))
    entries["value"] = "mine"
    with pytest.raises(IndexError):
        out.tolist()
    assert entries == {"value": "mine"}


def test_an_array_that_was_taken_from_there_tells_of_the_error():
    entries = {}

    @lz.compile
    def step(index):
        entries["value"] = TABLE[index]
        return entries["value"] + 1

    out = step(lz.array([7]))
    taken = entries["value"]
    with pytest.raises(IndexError):
        out.tolist()
    assert entries == {}
    with pytest.raises(IndexError):
        taken.tolist()


def test_containers_are_let_go_once_their_arrays_are_good():
    class Holder(dict):
        pass

    holder = Holder()

    def step(index):
        holder["value"] = TABLE[index]
        return holder["value"] + 1

    compiled = lz.compile(step)
    compiled(lz.array([1])).tolist()
    gone = weakref.ref(holder)
    del holder, compiled, step
    lz.compile(lambda x: x + 1)(TABLE)  # the next call of any compiled function
    gc.collect()
    assert gone() is None


def test_listed_outputs_that_the_first_call_makes():
    state = {"w": lz.array([1.0, 2.0])}
    calls = []

    def step(index):
        calls.append(None)
        value = TABLE[index]
        if "sum" not in state:
            state["sum"] = lz.zeros(1)
        state["sum"] = state["sum"] + value
        state["w"] = state["w"] + value
        return value

    compiled = lz.compile(step, inputs=[state], outputs=[state])
    with pytest.raises(IndexError):
        compiled(lz.array([7])).tolist()
    assert list(state) == ["w"] and state["w"].tolist() == [1, 2]
    for _ in range(3):
        assert compiled(lz.array([2])).tolist() == [3]
    assert state["sum"].tolist() == [9] and state["w"].tolist() == [10, 11]
    assert len(calls) == 3  # twice the first call, and one with the sum there
