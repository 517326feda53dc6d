#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_creation = R"(
arange
    >>> lz.arange(0, 10, 3)
    array([0, 3, 6, 9], dtype=int32)
bartlett
    >>> lz.bartlett(5)
    array([0, 0.5, 1, 0.5, 0], dtype=float32)
blackman
    >>> lz.blackman(5)[2]
    array(1, dtype=float32)
eye
    >>> lz.eye(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
full
    >>> lz.full((2, 2), 7)
    array([[7, 7],
           [7, 7]], dtype=int32)
full_like
    >>> lz.full_like(lz.ones(2), 7)
    array([7, 7], dtype=float32)
hamming
    >>> lz.hamming(3)
    array([0.08, 1, 0.08], dtype=float32)
hanning
    >>> lz.hanning(3)
    array([0, 1, 0], dtype=float32)
identity
    >>> lz.identity(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
linspace
    >>> lz.linspace(0, 1, 5)
    array([0, 0.25, 0.5, 0.75, 1], dtype=float32)
ones
    >>> lz.ones((2, 2), lz.int32)
    array([[1, 1],
           [1, 1]], dtype=int32)
ones_like
    >>> lz.ones_like(lz.array([5, 6]))
    array([1, 1], dtype=int32)
tri
    >>> lz.tri(2)
    array([[1, 0],
           [1, 1]], dtype=float32)
tril
    >>> lz.tril(lz.ones((2, 2)))
    array([[1, 0],
           [1, 1]], dtype=float32)
triu
    >>> lz.triu(lz.ones((2, 2)))
    array([[1, 1],
           [0, 1]], dtype=float32)
zeros_like
    >>> lz.zeros_like(lz.array([5, 6]))
    array([0, 0], dtype=int32)
)";

}  // namespace lazulite::python
