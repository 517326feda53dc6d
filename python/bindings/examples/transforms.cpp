#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_transforms = R"(
async_eval
    >>> x = lz.ones(3) + 1
    >>> lz.async_eval(x)
    >>> x
    array([2, 2, 2], dtype=float32)
checkpoint
    >>> slow = lz.checkpoint(lambda x: lz.exp(lz.sin(x)))
    >>> lz.grad(slow)(lz.array(0.0))
    array(1, dtype=float32)
compile
    >>> step = lz.compile(lambda x, y: lz.exp(-x) + y)
    >>> step(lz.array(0.0), lz.array([1.0, 2.0]))
    array([2, 3], dtype=float32)
custom_function
    >>> @lz.custom_function
    ... def f(x):
    ...     return lz.exp(x)
    >>> @f.vjp
    ... def f_vjp(x, cotangent, output):
    ...     return cotangent * output
    >>> lz.grad(f)(lz.array(0.0))
    array(1, dtype=float32)
FunctionExporter
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "negative.lzf")
    >>> exporter = lz.exporter(path, lambda x: -x)
    >>> exporter(lz.array(1))
    >>> exporter.close()
    >>> lz.import_function(path)(lz.array(2))[0]
    array(-2, dtype=int32)
disable_compile
    >>> lz.disable_compile()
    >>> lz.compile(lambda x: x.item() + 1)(lz.array(1))
    2
    >>> lz.enable_compile()
enable_compile
    >>> lz.enable_compile()
    >>> lz.compile(lambda x: x + 1)(lz.array(1))
    array(2, dtype=int32)
eval
    >>> x = lz.ones(2) * 3
    >>> lz.eval(x)
    >>> x
    array([3, 3], dtype=float32)
export_function
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "double.lzf")
    >>> lz.export_function(path, lambda x: x * 2, lz.ones(3))
    >>> lz.import_function(path)(lz.array([1.0, 2.0, 3.0]))[0]
    array([2, 4, 6], dtype=float32)
export_to_dot
    >>> import io
    >>> file = io.StringIO()
    >>> lz.export_to_dot(file, lz.ones(3) + 1)
    >>> file.getvalue().startswith("digraph")
    True
exporter
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "sum.lzf")
    >>> with lz.exporter(path, lambda x, y=1: x + y) as exporter:
    ...     exporter(lz.array(1))
    ...     exporter(lz.array(1), lz.array(2))
    >>> lz.import_function(path)(lz.array(3), lz.array(4))
    (array(7, dtype=int32),)
grad
    >>> lz.grad(lambda x: x**3)(lz.array(2.0))
    array(12, dtype=float32)
import_function
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "product.lzf")
    >>> lz.export_function(path, lambda x, y: x * y, lz.array(1.0), y=lz.array(1.0))
    >>> function = lz.import_function(path)
    >>> function(lz.array(3.0), y=lz.array(5.0))
    (array(15, dtype=float32),)
    >>> lz.grad(lambda x: function(x, y=lz.array(5.0))[0])(lz.array(3.0))
    array(5, dtype=float32)
jvp
    >>> lz.jvp(lambda x: x**2, [lz.array(3.0)], [lz.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
vjp
    >>> lz.vjp(lambda x: x**2, [lz.array(3.0)], [lz.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
vmap
    >>> lz.vmap(lambda x, y: (x * y).sum(), in_axes=(0, None))(lz.array([[1, 2], [3, 4]]), lz.array([1, 10]))
    array([21, 43], dtype=int32)
)";

}  // namespace lazulite::python
