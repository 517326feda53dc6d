"""The interface of Module against MLX's: the same text gives the same results and exceptions."""

import pytest

pytest.importorskip("mlx")
from nn_both import assert_same  # noqa: E402

SETUP = """
import collections, copy, pickle
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = mx.zeros((2,))
        self.l = [nn.Linear(2, 2), nn.ReLU(), {"q": nn.Linear(2, 2)}]
        self.d = {"w": mx.ones(3)}
        self.t = (mx.ones(2), nn.Linear(2, 1))
        self._p = mx.ones(4)
        self.num = 3
        self.s = "x"
class Odd(nn.Module):
    c = None
    @property
    def fixed(self):
        return 1
    @property
    def both_ways(self):
        return self._x
    @both_ways.setter
    def both_ways(self, value):
        self._x = value
    @property
    def fails(self):
        raise AttributeError("within")
    def _extra_repr(self):
        return "x=1"
class NoInit(nn.Module):
    def __init__(self):
        self.x = mx.ones(1)
def attempt(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__
def shapes(module):
    return {k: v.shape if hasattr(v, "shape") else v for k, v in tree_flatten(module)}
def set_to(module, name, value):
    setattr(module, name, value)
    return list(module), sorted(vars(module)), attempt(lambda: getattr(module, name))
def without(module, name):
    delattr(module, name)
    return list(module), sorted(vars(module))
def frozen(module):
    return [sorted(map(str, m._no_grad)) for m in module.modules()], list(
        tree_flatten(module.trainable_parameters(), destination={}))
def update(values, strict):
    return shapes(Model().update(values, strict))
def update_modules(values, strict):
    return repr(Model().update_modules(values, strict))
m = Model()
o = Odd()
"""

EXPRESSIONS = """
m
vars(m)
list(m)
list(nn.Linear(2, 3))
sorted(vars(nn.BatchNorm(3)))
m.parameters()
m.trainable_parameters()
m.children()
m.leaf_modules()
[name for name, _ in m.named_modules()]
[type(module).__name__ for module in m.modules()]
m.state is m
m.training, m.num, m.s, m._p
m.nope
m["nope"]
m.get("a") is m.a
m == m, m == Model(), nn.Linear(2, 2) == 3
hash(m)
bool(nn.ReLU()), len(nn.ReLU()), len(m)
isinstance(m, dict), nn.Module.is_module(m), nn.Module.is_module({})
set_to(m, "training", False)
set_to(m, "state", {})
set_to(m, "a", 3)
set_to(m, "a", None)
set_to(m, "num", mx.ones(1))
set_to(m, "items", mx.ones(1))
set_to(m, "keys", 3)
set_to(m, "train", mx.ones(1))
set_to(m, "forward", mx.ones(1))
set_to(m, "l", [])
set_to(m, "d", collections.OrderedDict(x=mx.ones(1)))
set_to(m, "np", np.ones(2))
set_to(m, "module", nn.ReLU())
set_to(o, "c", mx.ones(1))
set_to(o, "c", [1])
set_to(o, "c", 4)
set_to(o, "fixed", mx.ones(1))
set_to(o, "fixed", 2)
set_to(o, "both_ways", mx.ones(1))
set_to(o, "both_ways", 4)
o.fails
o
without(m, "a")
without(m, "num")
without(m, "nope")
without(o, "fixed")
NoInit().parameters()
NoInit().training
NoInit().freeze()
NoInit().train()
NoInit().x
nn.Module()(3)
nn.Module().__call__
nn.Module.__annotations__
nn.Module.valid_child_filter(m, "k", [1]), nn.Module.valid_child_filter(m, "k", (1,))
nn.Module.valid_child_filter(m, "k", {}), nn.Module.valid_child_filter(m, "k", mx.ones(1))
nn.Module.valid_child_filter(m, "k", nn.ReLU())
nn.Module.valid_parameter_filter(m, "k", (1,)), nn.Module.valid_parameter_filter(m, "k", [])
nn.Module.valid_parameter_filter(m, "_k", mx.ones(1)), nn.Module.valid_parameter_filter(m, "k", 3)
nn.Module.valid_parameter_filter(m, "k", mx.ones(1))
nn.Module.valid_parameter_filter(m, "k", nn.ReLU())
nn.Module.trainable_parameter_filter(m.freeze(), "a", mx.ones(1))
m.filter_and_map(lambda module, key, value: True)
m.filter_and_map(nn.Module.valid_parameter_filter, lambda x: x.shape)
m.filter_and_map(nn.Module.valid_child_filter)
m.filter_and_map(nn.Module.valid_child_filter, is_leaf_fn=lambda m, k, v: isinstance(v, nn.Module))
m.filter_and_map(lambda module, key, value: key == "l")
m.filter_and_map(lambda m, k, v: True, is_leaf_fn=lambda m, k, v: isinstance(v, mx.array))
frozen(m.freeze())
frozen(m.freeze(recurse=False))
frozen(m.freeze(keys="bias"))
frozen(m.freeze(keys=["bias", "a"]))
frozen(m.freeze(keys=["bias", "weight"], strict=True))
frozen(m.freeze(keys=["a"], recurse=False, strict=True))
frozen(m.freeze(keys="zz", recurse=False, strict=True))
frozen(m.freeze(keys="zz", strict=True))
frozen(m.freeze(keys=["bias", "zz"], strict=True))
frozen(m.freeze(keys=["bias"], recurse=False, strict=True))
frozen(m.freeze(keys=("a", "zz"), strict=True))
frozen(m.freeze(keys=("a", "zz")))
frozen(m.freeze(keys="d"))
frozen(m.freeze(keys="d.w"))
frozen(m.freeze(keys="d.w", strict=True))
frozen(m.freeze(keys="l", recurse=False))
m.freeze(True)
frozen(m.freeze().unfreeze())
frozen(m.freeze().unfreeze(recurse=False))
frozen(m.freeze().unfreeze(keys="weight"))
frozen(m.freeze().unfreeze(keys=["a", "bias"], strict=True))
frozen(m.freeze().unfreeze(keys="zz", strict=True))
frozen(m.freeze().freeze())
[x.training for x in m.eval().modules()], m.eval() is m, m._training
[x.training for x in m.eval().train().modules()]
m.train(3).training
shapes(m.apply(lambda x: mx.concatenate([x, x])))
shapes(m.apply(lambda x: x[:1], nn.Module.trainable_parameter_filter))
m.apply(lambda x: 5)
m.apply(lambda x: x + 1).a
(lambda seen: (m.apply_to_modules(lambda k, v: seen.append((k, type(v).__name__))) is m, seen))([])
m.set_dtype(mx.float16)
(m.set_dtype(mx.float16), tree_map(lambda x: str(x.dtype)[-7:], dict(m)))
(m.set_dtype(mx.int32, None), tree_map(lambda x: str(x.dtype)[-7:], dict(m)))
(m.set_dtype(mx.float16, lambda d: d == mx.int32), tree_map(lambda x: str(x.dtype)[-7:], dict(m)))
nn.Sequential(m, nn.Sequential(nn.ReLU(), [o]), o)
type(copy.copy(m)).__name__, copy.copy(m).a is m.a, copy.copy(m)._no_grad is m._no_grad
type(copy.deepcopy(m)).__name__, copy.deepcopy(m).a is m.a
copy.deepcopy(m).freeze()._no_grad is m._no_grad
pickle.loads(pickle.dumps(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm(2)).freeze()))
pickle.loads(pickle.dumps(nn.Linear(2, 2).freeze()))._no_grad == {"weight", "bias"}
pickle.loads(pickle.dumps(nn.Linear(2, 2))).parameters()
type(m.copy()).__name__, type(m | {}).__name__
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2)))])
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2)))], strict=False).weight
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2))), ("bias", mx.ones(2))])
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2))), ("bias", mx.ones(2))], False).bias
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2))), ("bias", mx.ones(3)), ("z", mx.ones(1))])
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2))), ("bias", [1, 2, 3])])
nn.Linear(2, 3).load_weights({"weight": mx.ones((3, 2)), "bias": mx.ones(3)}).bias
nn.Linear(2, 3).load_weights([("weight", mx.ones((3, 2), mx.float16)), ("bias", mx.ones(3))]).weight
nn.Linear(2, 3).load_weights([])
nn.Linear(2, 3).load_weights([], strict=False)
nn.Linear(2, 3).load_weights(3)
nn.Sequential(nn.Linear(2, 1)).load_weights([("layers.0.bias", mx.ones(1))], False).layers[0].bias
m.save_weights("weights.foo")
m.load_weights("weights.foo")
"""

VALUES = """
{"a": mx.ones(5)}
{"a": 5}
{"nope": mx.ones(1)}
{"l": [{"weight": mx.ones(1)}]}
{"l": [{}, {}, {"q": {"weight": mx.ones(2)}}]}
{"l": [1]}
{"l": {"weight": 1}}
{"l": {}}
{"l": [{}, {}, {}, {}]}
{"a": {"x": 1}}
{"d": {"w": mx.ones(7)}}
{"d": {"v": mx.ones(7)}}
{"t": (mx.ones(9), {})}
{"t": [mx.ones(9), {}]}
{"num": mx.ones(3)}
{"_p": mx.ones(3)}
[]
[1]
mx.ones(1)
{"l": [{"nope": mx.ones(1)}]}
{"l": mx.ones(1)}
{"l": None}
{"d": {"w": None}}
{"s": "y"}
5
{"a": [mx.ones(1)]}
{"l": ({"weight": mx.ones(3)},)}
"""

MODULES = """
{"l": [nn.ReLU()]}
{"l": [{}, {}, {"q": nn.Tanh()}]}
{"l": nn.ReLU()}
{"nope": nn.ReLU()}
{"a": nn.ReLU()}
{"l": [5]}
{"t": [{}, nn.Tanh()]}
{"t": (None, nn.Tanh())}
{"d": {"w": nn.Tanh()}}
{"d": {}}
{"a": mx.ones(1)}
{"l": [{}, {}, {}, {}]}
{"l": [{}, {}, {}, nn.ReLU()]}
{"l": [{"weight": nn.ReLU()}]}
{"l": [mx.ones(1)]}
{"num": nn.ReLU()}
{"d": nn.ReLU()}
{"l": {}}
[]
{"l": [None, None, {"q": None}]}
"""


def lines(text):
    return text.strip().splitlines()


@pytest.mark.parametrize("text", lines(EXPRESSIONS))
def test_expression(text):
    assert_same(text, SETUP)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("text", lines(VALUES))
def test_update(text, strict):
    assert_same(f"update({text}, {strict})", SETUP)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("text", lines(MODULES))
def test_update_modules(text, strict):
    assert_same(f"update_modules({text}, {strict})", SETUP)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_files(ending, tmp_path):
    text = """(
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).save_weights(path),
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).load_weights(path).parameters(),
        mx.load(path),
    )"""
    assert_same(text, path=str(tmp_path / f"weights.{ending}"))
    assert_same("nn.Linear(2, 1).load_weights(path)", path=str(tmp_path / f"none.{ending}"))
    (tmp_path / f"bad.{ending}").write_bytes(b"no such format")
    assert_same("nn.Linear(2, 1).load_weights(path)", path=str(tmp_path / f"bad.{ending}"))
