"""Random functions over state of every kind: compiled, they give and leave what they do when called.

Each seed makes a function that reads and replaces arrays, numbers and containers in variables,
globals, attributes, slots and modules, and what changes them from outside between its calls.
"""

import collections
import functools
import random
import types
from dataclasses import dataclass

import numpy as np
import pytest

import lazulite.core as lz
import lazulite.nn as nn
import lazulite.optimizers as optim

Pair = collections.namedtuple("Pair", "a b")

READS = """x c d['a'] d['b']['c'] l[0] l[1] o.w p.w m.w m.lin.weight[0] m.lin.bias m.extra[0] m._h t[0]
    pair.a sl.w od['z'] ns.w G_arr G_list[0] G_dict['a'] preset named helper(x) times(x) m(x)
    moment()""".split()
NUMBERS = "num d['n'] o.k m.k sl.k ns.k G_num G_dict['n'] len(l) l[-1]".split()
FORMS = ["({}+{})", "({}*{})", "({}-0.1*{})", "lz.tanh({})+{}", "lz.maximum({},{})"]
FORMS += ["lz.where(x>0,{},{})"]
WRITES = """d['a']={} | d['b']['c']={} | d['b']=dict(c={}) | d['new']={} | d['a']+={} | l[0]={}
    | l[1]={} | l[0][0]=({})[1] | o.w={} | o.w-={} | o.made={} | p.w={} | m.w={} | m.w*=0.5+0*{}
    | m.extra[0]={} | m.extra=[{}] | m._h={} | m.made={} | m.lin.bias={} | m.update({{'w':{}}})
    | sl.w={} | ns.w={} | ns.pair=(ns.w,{}) | pair=pair._replace(a={}) | t=({},2) | od['z']={}
    | od.update(z={}) | c={} | G_arr={} | G_dict['a']={} | G_list[0]={} | descend(0*{})
    | x=x+lz.random.uniform(shape=(2,))+0*{}""".split("|")
RESULTS = ["x", "(x,{})", "[{},x]", "{{'x':x,'y':{}}}", "None", "({},num)", "{}"]
WRAPS = [
    "",
    "step=functools.partial(step,preset=lz.array([2.,2.]))",
    "inner=lz.compile(step) if COMPILED else step\n  step=lambda x: inner(x+1)",
    "class Own:\n    def __call__(s,x): return held(x)\n  held=step; step=Own()",
    "class Own:\n    z=lz.ones(2)\n    def f(s,x):\n      r=held(x*s.z); s.z=s.z*0.9; return r\n"
    "  held=step; step=Own().f",
]

SOURCE = """
G_arr, G_num = lz.array([3.,4.]), 2.0
G_list, G_dict = [lz.array([1.,2.]), 5], {{'a': lz.array([7.,8.]), 'n': 3}}
def make(world):
  d, l, o, p, m, sl, ns, od = (getattr(world, k) for k in 'd l o p m sl ns od'.split())
  t, pair, optimizer, num = world.t, world.pair, world.optimizer, 1.0
  c = lz.array([2.,-1.])
  def variables(**new):
    nonlocal c, num
    c, num = new.get('c', c), new.get('num', num)
    return dict(c=c, num=num, t=t, pair=pair, G=(G_arr, G_num, G_list, G_dict))
  def times(x): return o.w*x
  def helper(x): return x*c+d['a']
  def moment(): return optimizer.state['w']['v'] if 'w' in optimizer.state else m.w
  def descend(g): optimizer.update(m, {{'w': g+m.w*0.1}})
  def step(x, preset=lz.array([1.,3.]), *, named=lz.array([.5,.25])):
    nonlocal c, t, pair
    global G_arr
{body}
    return {result}
  {wrap}
  return step, variables
"""


@dataclass
class Plain:
    w: lz.array
    k: float = 2.0


class Slots:
    __slots__ = ("w", "k")


class Property:
    def __init__(self):
        self._w = lz.array([0.5, 1.5])

    w = property(lambda self: self._w, lambda self, value: setattr(self, "_w", value))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.w, self._h, self.k = lz.array([0.1, 0.2]), lz.zeros(2), 1.5
        self.lin, self.extra = nn.Linear(2, 2), [lz.ones(2)]
        self.lin.weight = lz.array([[0.1, 0.2], [0.3, 0.4]])
        self.lin.bias = lz.array([0.1, 0.0])

    def __call__(self, x):
        return self.lin(x) * self.w * self.k


def source(seed):
    draw = random.Random(seed)

    def expression():
        form = draw.choice(FORMS)
        return form.format(draw.choice(READS), draw.choice(READS + NUMBERS))

    body = []
    for _ in range(draw.randint(1, 6)):
        write = draw.choice(WRITES) if draw.random() < 0.6 else "x={}"
        body.append(write.strip().format(expression()))
    if draw.random() < 0.2:
        body.insert(draw.randint(0, len(body)), "if num > 2.5: x = x*2")
    if draw.random() < 0.15:
        body.append("if d['n'] > 3: raise ValueError('asked for')")
    result = draw.choice(RESULTS).format(draw.choice(READS))
    body = "".join(f"    {line}\n" for line in body)
    return SOURCE.format(body=body, result=result, wrap=draw.choice(WRAPS))


class World:
    """A function and all that it can reach."""

    def __init__(self, text, compiled):
        self.d = {"a": lz.array([1.0, 2.0]), "b": {"c": lz.array([3.0, 1.0])}, "n": 2}
        self.l = [lz.array([1.0, -1.0]), lz.array([0.5, 0.5]), 4]
        self.o, self.p, self.m = Plain(lz.array([0.3, 0.4])), Property(), Model()
        self.sl, self.sl.w, self.sl.k = (one := Slots()), lz.array([1.0, 2.0]), 3
        assert one is self.sl
        self.ns = types.SimpleNamespace(w=lz.array([4.0, 1.0]), k=0.5, pair=(1, 2))
        self.od = collections.OrderedDict(z=lz.array([6.0, 5.0]))
        self.t, self.pair = (lz.array([9.0, 8.0]), 1), Pair(lz.array([1.0, 0.0]), 1)
        self.optimizer = optim.SGD(learning_rate=0.1, momentum=0.9)
        self.names = {"lz": lz, "functools": functools, "COMPILED": compiled}
        exec(text, self.names)
        step, self.variables = self.names["make"](self)
        self.step = lz.compile(step) if compiled else step
        self.key = lz.random.key(7)

    def call(self, x):
        lz.random.state[0] = self.key
        try:
            out = described(self.step(lz.array(x)))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            out = type(error)
        self.key = lz.random.state[0]
        return out, {} if isinstance(out, type) else self.state()

    def state(self):
        kept = {k: v for k, v in vars(self).items() if k not in ("names", "step", "variables")}
        return described({**kept, **self.variables()})

    def change(self, which, v):
        array = lz.array(v)
        [
            lambda: self.d.update(a=array),
            lambda: self.d.update(b={"c": array}),
            lambda: self.d.update(n=round(v[0] * 5)),
            lambda: self.variables(c=array),
            lambda: self.variables(num=v[0] * 5),
            lambda: self.l.__setitem__(0, array),
            lambda: vars(self.o).update(w=array, k=v[1]),
            lambda: vars(self.ns).update(w=array, k=v[1]),
            lambda: (setattr(self.sl, "w", array), setattr(self.sl, "k", v[1])),
            lambda: setattr(self.m, "w", array),
            lambda: setattr(self.m, "k", v[0]),
            lambda: self.m.freeze() if v[0] > 0 else self.m.unfreeze(),
            lambda: self.names.update(G_arr=array, G_num=v[0]),
            lambda: setattr(self.p, "_w", array),
            lambda: self.t[0].__setitem__(0, v[0]),
            lambda: setattr(self.optimizer, "learning_rate", abs(v[0])),
        ][which]()


def described(x):
    if isinstance(x, lz.array):
        return np.array(x)
    if isinstance(x, nn.Module):
        return {**described(dict(x)), **described(vars(x))}
    if isinstance(x, optim.Optimizer):
        return described(x.state)
    if isinstance(x, dict):
        return {str(k): described(v) for k, v in sorted(x.items(), key=lambda kv: str(kv[0]))}
    if isinstance(x, (list, tuple)):
        return [type(x).__name__, *map(described, x)]
    if isinstance(x, Slots):
        return [described(x.w), x.k]
    return described(vars(x)) if hasattr(x, "__dict__") and not callable(x) else repr(x)


def difference(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return next((d for k in a if (d := difference(a[k], b[k], f"{path}.{k}"))), "")
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next((d for i in range(len(a)) if (d := difference(a[i], b[i], f"{path}[{i}]"))), "")
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype:
        same = a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-5, equal_nan=True)
    else:
        same = type(a) is type(b) and a == b
    return "" if same else f"{path}: {a!r} when called, {b!r} compiled"


def failure(seed):
    text = source(seed)
    plain, compiled = World(text, False), World(text, True)
    draw = random.Random(seed + 1)
    for _ in range(draw.randint(3, 6)):
        x = [draw.uniform(-1, 1), draw.uniform(-1, 1)]
        (out, state), (other, after) = plain.call(x), compiled.call(x)
        found = difference(out, other, "result") or difference(state, after)
        if found:
            return f"{found}\n{text}"
        if isinstance(out, type):
            return ""  # the compiled one has put everything back
        if draw.random() < 0.7:
            which, value = draw.randrange(16), [draw.uniform(-1, 1), draw.uniform(-1, 1)]
            plain.change(which, value)
            compiled.change(which, value)
    return ""


@pytest.mark.parametrize("first", range(0, 60, 15))
def test_as_when_called(first):
    found = [text for seed in range(first, first + 15) if (text := failure(seed))]
    assert not found, f"{len(found)} of 15 differ\n\n" + "\n\n".join(found[:2])
