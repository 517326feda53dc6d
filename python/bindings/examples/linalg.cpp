#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_linalg = R"(
linalg.cholesky
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> l = lz.linalg.cholesky(a, stream=lz.cpu)
    >>> lz.allclose(l @ l.T, a, atol=1e-5)
    array(True, dtype=bool)
linalg.cholesky_inv
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> inverse = lz.linalg.cholesky_inv(lz.linalg.cholesky(a, stream=lz.cpu), stream=lz.cpu)
    >>> lz.allclose(inverse @ a, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
linalg.cross
    >>> lz.linalg.cross(lz.array([1, 0, 0]), lz.array([0, 1, 0]))
    array([0, 0, 1], dtype=int32)
linalg.det
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.det(a, stream=lz.cpu), lz.array(8.0), atol=1e-5)
    array(True, dtype=bool)
linalg.eig
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> values, vectors = lz.linalg.eig(a, stream=lz.cpu)
    >>> values.shape, vectors.dtype
    ((2,), lazulite.core.complex64)
linalg.eigh
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> values, vectors = lz.linalg.eigh(a, stream=lz.cpu)
    >>> lz.allclose(a @ vectors, vectors * values, atol=1e-5)
    array(True, dtype=bool)
linalg.eigvals
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.linalg.eigvals(a, stream=lz.cpu).shape
    (2,)
linalg.eigvalsh
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.eigvalsh(a, stream=lz.cpu).sum(), lz.trace(a), atol=1e-5)
    array(True, dtype=bool)
linalg.inv
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.inv(a, stream=lz.cpu) @ a, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
linalg.lu
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> p, l, u = lz.linalg.lu(a, stream=lz.cpu)
    >>> lz.allclose(l[p] @ u, a, atol=1e-5)
    array(True, dtype=bool)
linalg.lu_factor
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lu, pivots = lz.linalg.lu_factor(a, stream=lz.cpu)
    >>> lu.shape, pivots.shape
    ((2, 2), (2,))
linalg.norm
    >>> lz.linalg.norm(lz.array([3.0, 4.0]))
    array(5, dtype=float32)
linalg.pinv
    >>> lz.linalg.pinv(lz.ones((2, 3)), stream=lz.cpu).shape
    (3, 2)
linalg.qr
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> q, r = lz.linalg.qr(a, stream=lz.cpu)
    >>> lz.allclose(q @ r, a, atol=1e-5)
    array(True, dtype=bool)
linalg.slogdet
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> sign, logarithm = lz.linalg.slogdet(a, stream=lz.cpu)
    >>> lz.allclose(sign * lz.exp(logarithm), lz.array(8.0), atol=1e-4)
    array(True, dtype=bool)
linalg.solve
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> x = lz.linalg.solve(a, lz.array([8.0, 8.0]), stream=lz.cpu)
    >>> lz.allclose(a @ x, lz.array([8.0, 8.0]), atol=1e-5)
    array(True, dtype=bool)
linalg.solve_triangular
    >>> l = lz.array([[2.0, 0.0], [1.0, 4.0]])
    >>> x = lz.linalg.solve_triangular(l, lz.ones((2, 1)), stream=lz.cpu)
    >>> lz.allclose(l @ x, lz.ones((2, 1)), atol=1e-5)
    array(True, dtype=bool)
linalg.svd
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> u, s, vt = lz.linalg.svd(a, stream=lz.cpu)
    >>> lz.allclose(u @ lz.diag(s) @ vt, a, atol=1e-5)
    array(True, dtype=bool)
linalg.tri_inv
    >>> l = lz.array([[2.0, 0.0], [1.0, 4.0]])
    >>> lz.allclose(lz.linalg.tri_inv(l, stream=lz.cpu) @ l, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
)";

}  // namespace lazulite::python
