"""Programs of the C++ fuzzer, read and run through Python."""

from __future__ import annotations

import contextlib
import copy
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import operations

import lazulite.core as lz

FUZZER = Path(__file__).parents[3] / "build/tests/program_fuzz"


class Reader:
    """What `program_fuzz --export` writes."""

    def __init__(self, stream):
        self.stream = stream

    def words(self):
        return self.stream.readline().decode().split()

    def array(self):
        """An array, or None where there was an error."""
        kind, *rest = self.words()
        if kind == "error":
            return None
        name, *sizes = rest
        shape = [int(size) for size in sizes]
        dtype = getattr(lz, "bool_" if name == "bool" else name)
        count = dtype.size
        for size in shape:
            count *= size
        array = lz._array_of_bytes(self.stream.read(count), shape, dtype)
        self.stream.readline()
        return array


def numbers_of(words):
    """A count and so many numbers, again and again."""
    words = iter(words)
    for count in words:
        yield [int(next(words)) for _ in range(int(count))]


@dataclass
class Step:
    name: str
    operands: list[int]
    numbers: list[list[int]]


@dataclass
class Cell:
    """An input that is kept, and the value that it gets."""

    written: int


@dataclass
class Program:
    seed: int = 0
    derivatives: int = 0
    keeps_value: bool = True
    steps: list = field(default_factory=list)  # None where an input stands
    cells: list = field(default_factory=list)  # one an input; None where it is given
    kept: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    results: list = field(default_factory=list)

    def parse(self, text: str) -> None:
        for line in text.splitlines():
            word, *rest = line.split()
            if word == "program":
                self.seed, self.derivatives = int(rest[0]), int(rest[1])
                self.keeps_value = rest[2] == "1"
            elif word == "input":
                self.steps.append(None)
                self.cells.append(Cell(int(rest[7])) if rest[6] == "1" else None)
            elif word == "step":
                name, *rest = rest
                count = int(rest[0])
                operands = [int(k) for k in rest[1 : count + 1]]
                numbers = list(numbers_of(rest[count + 2 :]))
                self.steps.append(Step(name, operands, numbers))
            elif word == "kept":
                self.kept = [int(k) for k in rest[1:]]

    def names(self):
        return {step.name for step in self.steps if step}

    def listing(self) -> str:
        lines = [f"seed {self.seed}, derivatives {self.derivatives}, keeps {self.keeps_value}"]
        given = iter(zip(self.inputs, self.cells, strict=True))
        for i, step in enumerate(self.steps):
            if step:
                operands = ", ".join(f"v{k}" for k in step.operands)
                lines.append(f"v{i} = {step.name}({operands}; {step.numbers})")
            else:
                array, cell = next(given)
                lines.append(f"v{i} = input {array.dtype}{array.shape} {cell or ''}")
        return "\n".join([*lines, f"kept {self.kept}"])


def exported(first: int, last: int):
    """The programs of the seeds from first to last - 1."""
    with subprocess.Popen(
        [FUZZER, "--export", str(first), str(last)], stdout=subprocess.PIPE
    ) as process:
        reader = Reader(process.stdout)
        operations.DTYPES[:] = reader.words()[1:]
        for _ in range(first, last):
            program = Program()
            program.parse(process.stdout.read(int(reader.words()[1])).decode())
            program.inputs = [reader.array() for _ in range(int(reader.words()[1]))]
            program.results = [reader.array() for _ in range(int(reader.words()[1]))]
            yield program
    assert process.returncode == 0


def is_inexact(array) -> bool:
    return lz.issubdtype(array.dtype, lz.inexact)


def scalar_of(results):
    """A scalar that depends on every number."""
    total = lz.zeros(())
    for result in results:
        if is_inexact(result):
            total = total + lz.sum(lz.astype(lz.real(lz.sin(result)), lz.float32))
    return total


class Callable:
    """A program as a function of the inputs that are no cells; cells are kept between calls."""

    def __init__(self, program: Program, compiled: bool):
        self.program = program
        self.places = [i for i, step in enumerate(program.steps) if step is None]
        pairs = list(zip(self.places, program.cells, program.inputs, strict=True))
        self.state = {place: copy.copy(array) for place, cell, array in pairs if cell}
        self.given = [array for _, cell, array in pairs if not cell]
        self.written = {place: cell.written for place, cell, _ in pairs if cell}
        last_use = {}
        for i, step in enumerate(program.steps):
            for operand in step.operands if step else ():
                last_use[operand] = i
        keep = {*program.kept, *self.written.values()}
        self.dropped = [
            [k for k, last in last_use.items() if last == i and k not in keep]
            for i in range(len(program.steps))
        ]
        self.has_product = bool(
            program.names() & {"matmul", "addmm", "inner", "outer", "tensordot", "quantized_matmul"}
        )
        state = self.state
        call = self.call
        self.function = lz.compile(lambda given: call(state, given)) if compiled else None

    def __call__(self):
        return self.function(self.given) if self.function else self.call(self.state, self.given)

    def call(self, state, given):
        given = iter(given)
        inputs = [state[place] if place in state else next(given) for place in self.places]
        results, written = (self.differentiated if self.program.derivatives else self.forward)(
            inputs
        )
        for place, value in written.items():
            # Compiled functions write row-major, and a product's sums depend on strides.
            state[place] = copy.deepcopy(value) if self.has_product else copy.copy(value)
        return results

    def forward(self, inputs):
        values = [None] * len(self.program.steps)
        inputs = iter(inputs)
        for i, step in enumerate(self.program.steps):
            if step is None:
                values[i] = next(inputs)
                continue
            values[i] = operations.perform(
                step.name, [values[k] for k in step.operands], step.numbers
            )
            for k in self.dropped[i]:
                values[k] = None
        written = {
            place: values[source] for place, source in self.written.items() if source >= 0
        }
        return [values[k] for k in self.program.kept], written

    def differentiated(self, inputs):
        sources = [i for i, array in enumerate(inputs) if is_inexact(array)]

        def first(*chosen):
            everything = list(inputs)
            for i, array in zip(sources, chosen, strict=True):
                everything[i] = array
            results, _ = self.forward(everything)
            return scalar_of(results), *results

        argnums = list(range(len(sources)))

        def second(*chosen):
            _, gradients = lz.value_and_grad(first, argnums)(*chosen)
            gradients = list(gradients) if len(sources) > 1 else [gradients]
            return scalar_of(gradients), *gradients

        outer = second if self.program.derivatives == 2 else first
        values, gradients = lz.value_and_grad(outer, argnums)(*(inputs[i] for i in sources))
        gradients = list(gradients) if len(sources) > 1 else [gradients]
        written = {
            self.places[i]: gradient
            for i, gradient in zip(sources, gradients, strict=True)
            if self.written.get(self.places[i], -1) >= 0
        }
        return [*values, *gradients] if self.program.keeps_value else gradients, written


def evaluated(arrays):
    """The same, evaluated together; which of them have failed is asked one by one."""
    arrays = list(arrays)
    with contextlib.suppress(IndexError):
        lz.eval(arrays)
    return arrays


def run(program: Program, compiled: bool):
    """The results of two calls in a row, then the values of the cells."""
    lz.random.seed(program.seed)
    callable_ = Callable(program, compiled)
    results = []
    for _ in range(2):
        results += evaluated(callable_())
    return results + evaluated(callable_.state.values())
