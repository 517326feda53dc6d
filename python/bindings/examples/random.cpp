#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_random = R"(
random.bernoulli
    >>> lz.random.bernoulli(0.5, (3,)).shape
    (3,)
random.categorical
    >>> lz.random.categorical(lz.array([0.0, 100.0]), num_samples=3)
    array([1, 1, 1], dtype=uint32)
random.gumbel
    >>> lz.random.gumbel((3,)).shape
    (3,)
random.key
    >>> lz.random.key(0)
    array([0, 0], dtype=uint32)
random.laplace
    >>> lz.random.laplace((3,)).shape
    (3,)
random.multivariate_normal
    >>> lz.random.multivariate_normal(lz.zeros(2), lz.eye(2), (3,), stream=lz.cpu).shape
    (3, 2)
random.normal
    >>> lz.random.normal((3,)).shape
    (3,)
random.permutation
    >>> lz.sort(lz.random.permutation(4))
    array([0, 1, 2, 3], dtype=uint32)
random.randint
    >>> x = lz.random.randint(0, 10, (100,))
    >>> bool(((x >= 0) & (x < 10)).all())
    True
random.seed
    >>> lz.random.seed(0)
    >>> a = lz.random.normal((3,))
    >>> lz.random.seed(0)
    >>> lz.array_equal(lz.random.normal((3,)), a)
    array(True, dtype=bool)
random.split
    >>> a, b = lz.random.split(lz.random.key(0))
    >>> a.shape
    (2,)
random.truncated_normal
    >>> x = lz.random.truncated_normal(-1, 1, (100,))
    >>> bool((lz.abs(x) <= 1).all())
    True
random.uniform
    >>> lz.random.uniform(0, 1, (3,)).shape
    (3,)
)";

}  // namespace lazulite::python
