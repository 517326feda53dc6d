"""Trees: any nesting of dictionaries, lists and tuples, and what is done with their leaves.

A module's parameters, gradients and an optimizer's state are trees of arrays. Every other object,
an array or a number, is a leaf.
"""

from itertools import zip_longest
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

__all__ = [
    "tree_flatten",
    "tree_map",
    "tree_map_with_path",
    "tree_merge",
    "tree_reduce",
    "tree_unflatten",
]


def _like(tree: Any, items: List[Any]) -> Any:
    """A list or tuple of the same type as ``tree``; a named tuple takes its items one by one."""
    kind = type(tree)
    return kind(*items) if hasattr(tree, "_fields") else kind(items)


def tree_map(
    fn: Callable, tree: Any, *rest: Any, is_leaf: Optional[Callable[[Any], bool]] = None
) -> Any:
    """The tree of what ``fn`` returns for each leaf of ``tree``.

    Args:
        fn: Called with a leaf of ``tree``, and with what lies at its place in each tree of
            ``rest``.
        tree: The tree whose structure decides.
        rest: Trees that have at least the places of ``tree``.
        is_leaf: Says ``True`` of what is to be handed to ``fn`` whole.

    Raises:
        KeyError, IndexError: where a tree of ``rest`` lacks a place of ``tree``.

    Example:
        >>> tree_map(lambda x, y: x + y, {"a": [1, 2]}, {"a": [10, 20]})
        {'a': [11, 22]}
    """
    if is_leaf is not None and is_leaf(tree):
        return fn(tree, *rest)
    if isinstance(tree, dict):
        return {
            key: tree_map(fn, child, *[other[key] for other in rest], is_leaf=is_leaf)
            for key, child in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return _like(
            tree,
            [
                tree_map(fn, child, *[other[i] for other in rest], is_leaf=is_leaf)
                for i, child in enumerate(tree)
            ],
        )
    return fn(tree, *rest)


def tree_map_with_path(
    fn: Callable,
    tree: Any,
    *rest: Any,
    is_leaf: Optional[Callable[[Any], bool]] = None,
    path: Optional[Any] = None,
) -> Any:
    """:func:`tree_map` whose ``fn`` is told where each leaf lies.

    Args:
        fn: Called with the leaf's path, as :func:`tree_flatten` names it, and then as in
            :func:`tree_map`. The path of a tree that is one leaf is ``path``.
        tree, rest, is_leaf: As in :func:`tree_map`.
        path: Put in front of every path.

    Example:
        >>> tree_map_with_path(lambda path, x: f"{path}={x}", {"a": [1, 2]})
        {'a': ['a.0=1', 'a.1=2']}
    """
    if (is_leaf is not None and is_leaf(tree)) or not isinstance(tree, (dict, list, tuple)):
        return fn(path, tree, *rest)
    prefix = f"{path}." if path else ""

    def visit(key, child):
        others = [other[key] for other in rest]
        return tree_map_with_path(fn, child, *others, is_leaf=is_leaf, path=f"{prefix}{key}")

    if isinstance(tree, dict):
        return {key: visit(key, child) for key, child in tree.items()}
    return _like(tree, [visit(i, child) for i, child in enumerate(tree)])


def tree_flatten(
    tree: Any,
    prefix: str = "",
    is_leaf: Optional[Callable[[Any], bool]] = None,
    destination: Optional[Union[List[Tuple[str, Any]], Dict[str, Any]]] = None,
) -> Any:
    """The leaves of a tree with their paths: keys and positions joined by dots.

    Args:
        tree: The tree.
        prefix: Put in front of every path; its first character, the dot, is left out.
        is_leaf: Says ``True`` of what is not to be taken apart.
        destination: A list to append the pairs to, or a dictionary to enter them into; otherwise a
            new list.

    Returns:
        ``destination``. :func:`tree_unflatten` is the way back.

    Raises:
        ValueError: ``destination`` is neither a list nor a dictionary.

    Example:
        >>> tree_flatten({"a": [1, {"b": 2}]})
        [('a.0', 1), ('a.1.b', 2)]
        >>> tree_flatten({"a": [1, {"b": 2}]}, destination={})
        {'a.0': 1, 'a.1.b': 2}
    """
    if destination is None:
        destination = []
    if isinstance(destination, list):
        add = destination.append
    elif isinstance(destination, dict):

        def add(pair):
            destination[pair[0]] = pair[1]

    else:
        raise ValueError(
            "tree_flatten: the destination is a list, a dictionary or None, not "
            f"{type(destination).__name__}"
        )

    def visit(node, path):
        if is_leaf is not None and is_leaf(node):
            add((path[1:], node))
        elif isinstance(node, dict):
            for key, child in node.items():
                visit(child, f"{path}.{key}")
        elif isinstance(node, (list, tuple)):
            for i, child in enumerate(node):
                visit(child, f"{path}.{i}")
        else:
            add((path[1:], node))

    visit(tree, prefix)
    return destination


def tree_unflatten(tree: Union[List[Tuple[str, Any]], Dict[str, Any]]) -> Any:
    """The tree whose leaves :func:`tree_flatten` would list as given.

    A level whose keys are all whole numbers becomes a list, with ``{}`` at the places that are not
    given; other levels become dictionaries. No leaf at all gives an empty list.

    Raises:
        ValueError: a path is given twice.

    Example:
        >>> tree_unflatten([("a.0", 1), ("a.1.b", 2)])
        {'a': [1, {'b': 2}]}
    """
    items = list(tree.items()) if isinstance(tree, dict) else tree
    if len(items) == 1 and items[0][0] == "":
        return items[0][1]

    children: Dict[str, List[Tuple[str, Any]]] = {}
    for path, leaf in items:
        key, _, below = path.partition(".")
        children.setdefault(key, []).append((below, leaf))
    if len(children) == 1 and "" in children:
        raise ValueError(f"tree_unflatten: {len(items)} leaves have the same path")

    try:
        places = sorted((int(key), key) for key in children)
    except ValueError:
        return {key: tree_unflatten(below) for key, below in children.items()}
    result: List[Any] = []
    for place, key in places:
        result.extend({} for _ in range(place - len(result)))
        result.append(tree_unflatten(children[key]))
    return result


def tree_reduce(
    fn: Callable[[Any, Any], Any],
    tree: Any,
    initializer: Any = None,
    is_leaf: Optional[Callable[[Any], bool]] = None,
) -> Any:
    """Folds the leaves of a tree, in order, into one value.

    Args:
        fn: Takes the value so far and a leaf, and returns the next value.
        tree: The tree.
        initializer: The first value; otherwise that is the first leaf.
        is_leaf: Says ``True`` of what is not to be taken apart.

    Example:
        >>> tree_reduce(lambda total, x: total + x, {"a": [1, 2, 3], "b": [4, 5]}, 0)
        15
    """
    if is_leaf is None or not is_leaf(tree):
        if isinstance(tree, dict):
            tree = list(tree.values())
        if isinstance(tree, (list, tuple)):
            for child in tree:
                initializer = tree_reduce(fn, child, initializer, is_leaf)
            return initializer
    return tree if initializer is None else fn(initializer, tree)


def tree_merge(
    tree_a: Any, tree_b: Any, merge_fn: Optional[Callable[[Any, Any], Any]] = None
) -> Any:
    """One tree with the leaves of two. Empty containers and ``None`` have no leaves.

    Args:
        tree_a, tree_b: The trees.
        merge_fn: Makes one leaf of two that lie at the same place.

    Raises:
        ValueError: both trees have a leaf at the same place, and there is no ``merge_fn``; or both
            have an empty container there, of two kinds.

    Example:
        >>> tree_merge({"a": {"x": 1}}, {"a": {"y": 2}, "b": 3})
        {'a': {'x': 1, 'y': 2}, 'b': 3}
    """
    containers = (dict, list, tuple)
    if isinstance(tree_a, containers) and isinstance(tree_b, containers):
        if not tree_a and not tree_b:
            if type(tree_a) is not type(tree_b):
                raise ValueError(
                    f"tree_merge: an empty {type(tree_a).__name__} and an empty "
                    f"{type(tree_b).__name__} lie at the same place"
                )
            return tree_a
    if isinstance(tree_a, containers) and not tree_a:
        tree_a = None
    if isinstance(tree_b, containers) and not tree_b:
        tree_b = None
    if tree_a is None and tree_b is not None:
        return tree_b
    if tree_b is None and tree_a is not None:
        return tree_a

    if isinstance(tree_a, (list, tuple)) and isinstance(tree_b, (list, tuple)):
        pairs = zip_longest(tree_a, tree_b)
        return _like(tree_a, [tree_merge(a, b, merge_fn) for a, b in pairs])
    if isinstance(tree_a, dict) and isinstance(tree_b, dict):
        merged = dict(tree_a)
        for key, b in tree_b.items():
            merged[key] = tree_merge(tree_a[key], b, merge_fn) if key in tree_a else b
        return merged
    if merge_fn is None:
        raise ValueError(
            "tree_merge: both trees have a leaf at the same place, and there is no merge_fn to "
            f"make one of {type(tree_a).__name__} and {type(tree_b).__name__}"
        )
    return merge_fn(tree_a, tree_b)
