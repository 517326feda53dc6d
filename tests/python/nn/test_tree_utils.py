"""Trees, against MLX's and against results written down here."""

import pytest
from lazulite.utils import (
    tree_flatten,
    tree_map,
    tree_map_with_path,
    tree_merge,
    tree_reduce,
    tree_unflatten,
)

EXPRESSIONS = """
tree_flatten([[[0]]])
tree_flatten([[[0]]], prefix=".hello")
tree_flatten([[[0]]], prefix="hello")
tree_flatten(5)
tree_flatten(5, prefix=".a")
tree_flatten({})
tree_flatten({"a": {}, "b": []})
tree_flatten((1, {"a": 2}))
tree_flatten({"a": {"b": 1}}, destination={})
tree_flatten({"a": {"b": 1}}, destination=[(1, 2)])
tree_flatten({"a": {"b": 1}}, destination=())
tree_flatten({"a": {"b": 1}}, destination={"a.b": 4, "z": 1})
tree_flatten({"a": [1, 2]}, is_leaf=lambda z: isinstance(z, list))
tree_flatten({3: 1, "x y": 2})
tree_flatten(None)
tree_flatten({"a": 1}, is_leaf=lambda z: True)
tree_unflatten([])
tree_unflatten({})
tree_unflatten([("", 5)])
tree_unflatten({"": 5})
tree_unflatten([("a.b", 1), ("a.c", 2)])
tree_unflatten([("0.0.0", 0)])
tree_unflatten([("2", 0), ("0", 1)])
tree_unflatten([("0", 0), ("a", 1)])
tree_unflatten([("a", 0), ("0", 1)])
tree_unflatten([("a", 1), ("a.b", 2)])
tree_unflatten({"a.0": 1, "a.1": 2, "b": 3})
tree_unflatten([("a.10", 1), ("a.2", 2)])
tree_unflatten([("a.-1", 1)])
tree_unflatten([("hello.", 1)])
tree_unflatten([("1.5", 1)])
tree_unflatten([("03", 1)])
tree_unflatten([("1_0", 1)])
tree_unflatten([("a", 1), ("", 2)])
tree_unflatten(5)
tree_unflatten([(5, 1)])
tree_map(lambda a: a + 1, [1, (2, {"a": 3})])
tree_map(lambda a, b: a + b, [1, (2, {"a": 3})], [1, (2, {"a": 3, "c": 4}), 9])
tree_map(lambda a, b: a + b, [1, 2], [1])
tree_map(lambda a, b: a + b, {"a": 1}, {"b": 1})
tree_map(lambda a: a, 5)
tree_map(lambda a, b: (a, b), [1, 2], (3, 4))
tree_map(lambda a, b: (a, b), [1, 2], 5)
tree_map(lambda z: z, {"a": []})
tree_map(len, {"a": [1, 2]}, is_leaf=lambda z: isinstance(z, list))
tree_map(lambda a, b: (a, b), {"a": [1]}, {"a": {0: 5}})
tree_map(lambda a, b: (a, b), 1, [2])
type(tree_map(lambda z: z, Named(1, 2))).__name__
type(tree_map_with_path(lambda p, z: z, Named(1, 2))).__name__
tree_map(lambda z: z.shape, nn.Linear(2, 1))
tree_map_with_path(lambda p, z: (p, z), {"m": [{"w": 0}, {"w": 1}]})
tree_map_with_path(lambda p, z: (p, z), 5)
tree_map_with_path(lambda p, z: (p, z), 5, path="x")
tree_map_with_path(lambda p, z: (p, z), [1, (2,)], path="x")
tree_map_with_path(lambda p, z, y: (p, z, y), [1, (2,)], [3, (4,)])
tree_map_with_path(lambda p, z: (p, z), [1], path="")
tree_map_with_path(lambda p, z: (p, z), {1: 2})
tree_map_with_path(lambda p, z: (p, z), [1], path=3)
tree_map_with_path(lambda p, z: (p, z), [[1]], is_leaf=lambda z: z == [1])
tree_reduce(lambda a, b: a + b, {"a": [1, 2, 3], "b": [4, 5]}, 0)
tree_reduce(lambda a, b: a + b, {"a": [1, 2, 3], "b": [4, 5]})
tree_reduce(lambda a, b: a + b, [])
tree_reduce(lambda a, b: a + b, [], 7)
tree_reduce(lambda a, b: a + b, 5, 7)
tree_reduce(lambda a, b: a + len(b), {"a": [1, 2]}, 0, lambda z: isinstance(z, list))
tree_reduce(lambda a, b: a + b, 5)
tree_reduce(lambda a, b: (a, b), [None, 1])
tree_reduce(lambda a, b: (a, b), [1, 2], None)
tree_reduce(lambda a, b: (a, b), (1, (2, 3)), 0)
tree_merge({"a": 1}, {"b": 2})
tree_merge({"a": 1}, {"a": 2})
tree_merge({"a": 1}, {"a": 2}, lambda a, b: a + b)
tree_merge({"a": {"x": 1}}, {"a": {"y": 2}})
tree_merge([1, 2], [3])
tree_merge([{"a": 1}], [{"b": 1}, {"c": 2}])
tree_merge({}, {"a": 1})
tree_merge({"a": {}}, {"a": 1})
tree_merge({"a": 1}, {"a": {}})
tree_merge([], {"a": 1})
tree_merge((1,), (2,))
tree_merge(({}, 1), (2, {}))
tree_merge(None, 1)
tree_merge(1, None)
tree_merge(None, None)
tree_merge({"a": 1}, [1])
tree_merge([1], [{}])
tree_merge({}, {})
tree_merge([{}], [{}])
tree_merge({}, [])
tree_merge({}, None)
tree_merge([{}], (1,))
tree_merge(1, 2, lambda a, b: (a, b))
tree_merge({"a": {"b": 1}}, {"a": 2}, lambda a, b: (a, b))
tree_merge([1], [2, 3], lambda a, b: (a, b))
tree_merge((1,), [{}, 2])
"""


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_matches_mlx(text):
    pytest.importorskip("mlx")
    from collections import namedtuple

    from nn_both import assert_same

    assert_same(text, Named=namedtuple("Named", "a b"))


def test_flatten_and_unflatten_are_inverse():
    tree = {"a": [1, {"b": 2, "c": [3]}], "d": 4}
    flat = tree_flatten(tree)
    assert flat == [("a.0", 1), ("a.1.b", 2), ("a.1.c.0", 3), ("d", 4)]
    assert tree_unflatten(flat) == tree
    assert tree_unflatten(tree_flatten(tree, destination={})) == tree
    deep = 1
    for _ in range(300):
        deep = [deep]
    assert tree_unflatten(tree_flatten(deep)) == deep


def test_a_path_that_is_given_twice_is_an_error():
    with pytest.raises(ValueError, match="same path"):
        tree_unflatten([("a", 1), ("a", 2)])


def test_map_and_reduce():
    tree = {"a": (1, 2), "b": [3]}
    assert tree_map(lambda x, y: x * y, tree, tree) == {"a": (1, 4), "b": [9]}
    paths = tree_map_with_path(lambda path, x: f"{path}:{x}", tree)
    assert paths == {"a": ("a.0:1", "a.1:2"), "b": ["b.0:3"]}
    assert tree_reduce(lambda total, x: total - x, tree, 0) == -6


def test_merge_keeps_the_order_of_keys():
    assert list(tree_merge({"b": 1, "a": 2}, {"d": 3, "c": 4})) == ["b", "a", "d", "c"]
