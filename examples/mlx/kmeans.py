"""Finds the centres of clusters by Lloyd's algorithm."""

import argparse

import mlx.core as mx
import numpy as np

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--clusters", type=int, default=8)
parser.add_argument("--points", type=int, default=4000)
parser.add_argument("--dimensions", type=int, default=16)
parser.add_argument("--iterations", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

mx.random.seed(args.seed)
true_centres = 4 * mx.random.normal((args.clusters, args.dimensions))
membership = mx.random.randint(0, args.clusters, (args.points,))
points = true_centres[membership] + mx.random.normal((args.points, args.dimensions))


def squared_distances(points, centres):
    """The distance of every point to every centre, squared: (points, clusters)."""
    lengths = mx.sum(points * points, axis=1, keepdims=True)
    return lengths - 2 * points @ centres.T + mx.sum(centres * centres, axis=1)


def assign(points, centres):
    distances = squared_distances(points, centres)
    return mx.argmin(distances, axis=1), mx.mean(mx.min(distances, axis=1))


def update(points, nearest, centres):
    sums = mx.zeros_like(centres).at[nearest].add(points)
    counts = mx.zeros((centres.shape[0], 1)).at[nearest].add(1.0)
    # A centre without points stays where it is.
    return mx.where(counts > 0, sums / mx.maximum(counts, 1), centres)


chosen = np.random.default_rng(args.seed).permutation(args.points)[: args.clusters]
centres = points[mx.array(chosen)]
for iteration in range(args.iterations):
    nearest, inertia = assign(points, centres)
    centres = update(points, nearest, centres)
    mx.eval(centres, inertia)
    print(f"iteration {iteration}: loss {inertia.item():.5f}")

nearest, inertia = assign(points, centres)
sizes = sorted(mx.sum(nearest == k).item() for k in range(args.clusters))
print(f"final: loss {inertia.item():.5f}")
print("sizes of the clusters:", *sizes)
