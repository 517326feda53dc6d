"""Loss functions. Each returns one loss an example, or their mean or sum, as ``reduction`` says.

Half precision is computed in float32 and rounded once.
"""

import math
from functools import wraps
from typing import Callable, Literal, Optional, get_args

import lazulite.core as mx

__all__ = [
    "binary_cross_entropy",
    "cosine_similarity_loss",
    "cross_entropy",
    "gaussian_nll_loss",
    "hinge_loss",
    "huber_loss",
    "kl_div_loss",
    "l1_loss",
    "log_cosh_loss",
    "margin_ranking_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
    "triplet_loss",
]

Reduction = Literal["none", "mean", "sum"]


def _reduce(loss: mx.array, reduction: Reduction = "none") -> mx.array:
    if reduction == "none":
        return loss
    if reduction == "mean":
        return mx.mean(loss)
    if reduction == "sum":
        return mx.sum(loss)
    raise ValueError(
        f"Invalid reduction: {reduction!r}. Expected one of {list(get_args(Reduction))}."
    )


def _half_as_float32(loss: Callable) -> Callable:
    """The loss, which for half-precision arrays is computed in float32 and rounded once."""

    @wraps(loss)
    def wrapped(*args, **kwargs):
        arrays = [x for x in (*args, *kwargs.values()) if isinstance(x, mx.array)]
        dtypes = {x.dtype for x in arrays if mx.issubdtype(x.dtype, mx.floating)}
        if len(dtypes) != 1 or not dtypes <= _halves:
            return loss(*args, **kwargs)
        args = [_widened(x) for x in args]
        kwargs = {name: _widened(x) for name, x in kwargs.items()}
        return loss(*args, **kwargs).astype(dtypes.pop())

    return wrapped


_halves = {mx.float16, mx.bfloat16}


def _widened(x):
    return x.astype(mx.float32) if isinstance(x, mx.array) and x.dtype in _halves else x


def _expect_equal_shapes(function: str, **arrays: mx.array):
    """Refuses two arrays of different shapes; the keywords are the arguments' names."""
    (name, first), (other, second) = arrays.items()
    if first.shape != second.shape:
        raise ValueError(
            f"{function}: {name} of shape {first.shape} and {other} of shape {second.shape}; "
            "expected equal shapes"
        )


@_half_as_float32
def cross_entropy(
    logits: mx.array,
    targets: mx.array,
    weights: Optional[mx.array] = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    """Cross-entropy of unnormalised scores.

    Args:
        logits: The scores, of real dtype; classes along ``axis``.
        targets: Class numbers, of the shape of ``logits`` without ``axis``; or probabilities, of
            the shape of ``logits``.
        weights: Multiplies the losses, whose shape it has.
        axis: The axis of the classes.
        label_smoothing: The share, from 0 to below 1, of each target that is spread over all
            classes.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        The losses, of the shape of ``logits`` without ``axis``, or a scalar.

    Raises:
        ValueError: shapes do not fit, or ``label_smoothing`` or ``reduction`` is none of the above.
        IndexError: when the result is evaluated, if a class number is negative or too large.

    Example:
        >>> nn.losses.cross_entropy(mx.array([[2.0, -1.0], [-1.0, 2.0]]), mx.array([0, 1]))
        array([0.0485873, 0.0485873], dtype=float32)
    """
    if label_smoothing < 0 or label_smoothing >= 1:
        raise ValueError(f"Label smoothing must in [0, 1), got {label_smoothing}.")
    as_probabilities = targets.ndim == logits.ndim

    if as_probabilities:
        fits = targets.shape == logits.shape
    else:
        shape = list(logits.shape)
        del shape[axis]
        fits = list(targets.shape) == shape
    if not fits:
        raise ValueError(
            f"cross_entropy: targets of shape {targets.shape} and logits of shape {logits.shape}; "
            f"expected class numbers, without axis {axis}, or probabilities, of equal shape"
        )

    if as_probabilities or label_smoothing > 0:
        # Of differences from the greatest score nothing is lost, however large the scores are.
        shifted = logits - mx.stop_gradient(mx.max(logits, axis=axis, keepdims=True))
        normaliser = mx.logsumexp(shifted, axis=axis)
    if as_probabilities:
        # A class without a share counts for nothing, even if its score is minus infinity.
        loss = normaliser - mx.sum(mx.where(targets == 0, 0, shifted * targets), axis=axis)
    else:
        loss = mx.fast.cross_entropy(mx.moveaxis(logits, axis, -1), targets)
    if label_smoothing > 0:
        spread = normaliser - mx.mean(shifted, axis=axis)
        loss = (1 - label_smoothing) * loss + label_smoothing * spread
    if weights is not None:
        _expect_equal_shapes("cross_entropy", weights=weights, losses=loss)
        loss = loss * weights
    return _reduce(loss, reduction)


@_half_as_float32
def binary_cross_entropy(
    inputs: mx.array,
    targets: mx.array,
    weights: Optional[mx.array] = None,
    with_logits: bool = True,
    reduction: Reduction = "mean",
) -> mx.array:
    """Cross-entropy of yes-or-no predictions.

    Args:
        inputs: Logits, or probabilities whose logarithms are taken to be at least -100.
        targets: What is true, 0 or 1 or between; of the shape of ``inputs``.
        weights: Multiplies the losses; of their shape.
        with_logits: Whether ``inputs`` are logits.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> nn.losses.binary_cross_entropy(mx.array([0.0, 2.0]), mx.array([0, 1]), reduction="none")
        array([0.693147, 0.126928], dtype=float32)
    """
    _expect_equal_shapes("binary_cross_entropy", inputs=inputs, targets=targets)
    if with_logits:
        loss = mx.logaddexp(0.0, inputs) - inputs * targets
    else:
        yes = mx.maximum(mx.log(inputs), -100.0)
        no = mx.maximum(mx.log(1 - inputs), -100.0)
        loss = -(targets * yes + (1 - targets) * no)
    if weights is not None:
        _expect_equal_shapes("binary_cross_entropy", weights=weights, losses=loss)
        loss = loss * weights
    return _reduce(loss, reduction)


@_half_as_float32
def l1_loss(predictions: mx.array, targets: mx.array, reduction: Reduction = "mean") -> mx.array:
    """Absolute differences of two arrays of equal shape.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> nn.losses.l1_loss(mx.array([1.0, 5.0]), mx.array([0.0, 2.0]))
        array(2, dtype=float32)
    """
    _expect_equal_shapes("l1_loss", predictions=predictions, targets=targets)
    return _reduce(mx.abs(predictions - targets), reduction)


@_half_as_float32
def mse_loss(predictions: mx.array, targets: mx.array, reduction: Reduction = "mean") -> mx.array:
    """Squared differences of two arrays of equal shape.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> nn.losses.mse_loss(mx.array([1.0, 5.0]), mx.array([0.0, 2.0]))
        array(5, dtype=float32)
    """
    _expect_equal_shapes("mse_loss", predictions=predictions, targets=targets)
    return _reduce(mx.square(predictions - targets), reduction)


@_half_as_float32
def nll_loss(
    inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none"
) -> mx.array:
    """Minus the log-probability of each target class.

    Args:
        inputs: Log-probabilities; classes along ``axis``.
        targets: Class numbers, of the shape of ``inputs`` without ``axis``.
        axis: The axis of the classes.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Example:
        >>> nn.losses.nll_loss(mx.array([[-0.5, -1.0]]), mx.array([1]))
        array([1], dtype=float32)
    """
    return _reduce(mx._nn.nll_loss(mx.moveaxis(inputs, axis, -1), targets), reduction)


@_half_as_float32
def gaussian_nll_loss(
    inputs: mx.array,
    targets: mx.array,
    vars: mx.array,
    full: bool = False,
    eps: float = 1e-6,
    reduction: Reduction = "mean",
) -> mx.array:
    """Negative log-likelihood of targets under normal distributions.

    Args:
        inputs: The predicted means.
        targets: The targets, of the shape of ``inputs``.
        vars: The predicted variances, of the same shape; taken to be at least ``eps``.
        full: Whether to add the constant ``log(2π) / 2``.
        eps: See ``vars``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> nn.losses.gaussian_nll_loss(mx.array([1.0]), mx.array([3.0]), mx.array([1.0]))
        array(2, dtype=float32)
    """
    _expect_equal_shapes("gaussian_nll_loss", inputs=inputs, targets=targets)
    _expect_equal_shapes("gaussian_nll_loss", inputs=inputs, vars=vars)
    variance = mx.maximum(vars, eps)
    loss = 0.5 * (mx.log(variance) + mx.square(targets - inputs) / variance)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduce(loss, reduction)


@_half_as_float32
def kl_div_loss(
    inputs: mx.array, targets: mx.array, axis: int = -1, reduction: Reduction = "none"
) -> mx.array:
    """The Kullback-Leibler divergence of ``inputs`` from ``targets``, both log-probabilities.

    Example:
        >>> p = mx.log(mx.array([[0.5, 0.5]]))
        >>> nn.losses.kl_div_loss(p, p)
        array([0], dtype=float32)
    """
    return _reduce(mx.sum(mx.exp(targets) * (targets - inputs), axis), reduction)


@_half_as_float32
def smooth_l1_loss(
    predictions: mx.array, targets: mx.array, beta: float = 1.0, reduction: Reduction = "mean"
) -> mx.array:
    """Absolute differences, less ``beta / 2``; where they are below ``beta``, their squares over
    ``2 · beta``.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> nn.losses.smooth_l1_loss(mx.array([0.5, 3.0]), mx.array([0.0, 0.0]), reduction="none")
        array([0.125, 2.5], dtype=float32)
    """
    _expect_equal_shapes("smooth_l1_loss", predictions=predictions, targets=targets)
    difference = mx.abs(predictions - targets)
    loss = mx.where(difference < beta, 0.5 * mx.square(difference) / beta, difference - 0.5 * beta)
    return _reduce(loss, reduction)


@_half_as_float32
def triplet_loss(
    anchors: mx.array,
    positives: mx.array,
    negatives: mx.array,
    axis: int = -1,
    p: int = 2,
    margin: float = 1.0,
    eps: float = 1e-6,
    reduction: Reduction = "none",
) -> mx.array:
    """How much nearer, by the ``p``-norm along ``axis``, an anchor is to its negative than to its
    positive, plus ``margin``, where that is above zero. ``eps`` is added below the root.

    Example:
        >>> a = mx.array([[0.0, 0.0]])
        >>> nn.losses.triplet_loss(a, mx.array([[3.0, 4.0]]), mx.array([[0.0, 1.0]]))
        array([5], dtype=float32)
    """

    def distance(x: mx.array) -> mx.array:
        powers = mx.power(mx.abs(anchors - x), p)
        return mx.power(mx.sum(powers, axis) + eps, 1.0 / p)

    return _reduce(mx.maximum(distance(positives) - distance(negatives) + margin, 0), reduction)


@_half_as_float32
def hinge_loss(inputs: mx.array, targets: mx.array, reduction: Reduction = "none") -> mx.array:
    """``max(0, 1 - inputs · targets)``, with targets of 1 and -1.

    Example:
        >>> nn.losses.hinge_loss(mx.array([0.5, 2.0]), mx.array([1, -1]))
        array([0.5, 3], dtype=float32)
    """
    return _reduce(mx.maximum(1 - inputs * targets, 0), reduction)


@_half_as_float32
def huber_loss(
    inputs: mx.array, targets: mx.array, delta: float = 1.0, reduction: Reduction = "none"
) -> mx.array:
    """Half the squared differences; beyond ``delta``, their tangents.

    Example:
        >>> nn.losses.huber_loss(mx.array([0.5, 3.0]), mx.array([0.0, 0.0]))
        array([0.125, 2.5], dtype=float32)
    """
    errors = inputs - targets
    sizes = mx.abs(errors)
    loss = mx.where(sizes > delta, delta * (sizes - 0.5 * delta), 0.5 * mx.square(errors))
    return _reduce(loss, reduction)


@_half_as_float32
def log_cosh_loss(inputs: mx.array, targets: mx.array, reduction: Reduction = "none") -> mx.array:
    """The logarithm of the hyperbolic cosine of the differences.

    Example:
        >>> nn.losses.log_cosh_loss(mx.array([1.0]), mx.array([1.0]))
        array([0], dtype=float32)
    """
    errors = inputs - targets
    return _reduce(mx.logaddexp(errors, -errors) - math.log(2), reduction)


def _length(x: mx.array, axis: int) -> mx.array:
    """The lengths of vectors, whose derivative at 0, where there is none, is taken to be 0."""
    squares = mx.sum(mx.square(x), axis=axis)
    return mx.where(squares > 0, mx.sqrt(mx.where(squares > 0, squares, 1)), squares)


@_half_as_float32
def cosine_similarity_loss(
    x1: mx.array, x2: mx.array, axis: int = 1, eps: float = 1e-8, reduction: Reduction = "none"
) -> mx.array:
    """The cosine of the angle between vectors along ``axis``.

    The product of their lengths is taken to be at least ``eps``.

    Example:
        >>> nn.losses.cosine_similarity_loss(mx.array([[1.0, 0.0]]), mx.array([[2.0, 0.0]]))
        array([1], dtype=float32)
    """
    lengths = [_length(x, axis) for x in (x1, x2)]
    cosine = mx.sum(x1 * x2, axis=axis) / mx.maximum(lengths[0] * lengths[1], eps)
    return _reduce(cosine, reduction)


@_half_as_float32
def margin_ranking_loss(
    inputs1: mx.array,
    inputs2: mx.array,
    targets: mx.array,
    margin: float = 0.0,
    reduction: Reduction = "none",
) -> mx.array:
    """``max(0, -targets · (inputs1 - inputs2) + margin)``: targets of 1 want the first of two
    scores to be greater, targets of -1 the second.

    Raises:
        ValueError: shapes differ.

    Example:
        >>> x = mx.array([1.0, 2.0])
        >>> nn.losses.margin_ranking_loss(x, mx.array([0.0, 3.0]), mx.array([1, 1]))
        array([0, 1], dtype=float32)
    """
    _expect_equal_shapes("margin_ranking_loss", inputs1=inputs1, inputs2=inputs2)
    _expect_equal_shapes("margin_ranking_loss", inputs1=inputs1, targets=targets)
    return _reduce(mx.maximum(0, -targets * (inputs1 - inputs2) + margin), reduction)
