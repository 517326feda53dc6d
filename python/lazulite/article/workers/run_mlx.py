"""The article's program for MLX, and, with nothing but the imports exchanged, for Lazulite."""

import json
import sys
from functools import partial

import turns
from mlx_network import network_class

if "lazulite" in sys.argv:
    import lazulite.core as mx
    import lazulite.nn as nn
    import lazulite.optimizers as optim
    from lazulite.utils import tree_flatten, tree_unflatten
else:
    import mlx.core as mx
    import mlx.nn as nn
    import mlx.optimizers as optim
    from mlx.utils import tree_flatten, tree_unflatten


class Program:
    version = mx.__version__

    def __init__(self, options, data, dropout):
        self.batch = options.batch
        self.training = data.training
        self.rate = options.lr
        self.dtype = mx.float32
        mx.random.seed(options.seed)
        self.network = network_class(nn)(data.channels, data.side, data.classes, dropout)
        self.make_optimizer()
        self.parameters = sum(p.size for _, p in tree_flatten(self.network.parameters()))
        self.sets = {
            "train": self.arrays(data.train_images, data.train_labels),
            "test": self.arrays(data.test_images, data.test_labels),
        }
        self.compile()

    def arrays(self, images, labels):
        pair = mx.array(turns.scaled(images)), mx.array(labels)
        mx.eval(pair)
        return pair

    def make_optimizer(self):
        self.optimizer = optim.Adam(self.rate, bias_correction=True)
        self.optimizer.init(self.network.trainable_parameters())
        mx.eval(self.network.parameters(), self.optimizer.state)

    def use_all_bits(self):
        pass  # neither rounds float32

    def use_64_bits(self):
        self.dtype = mx.float64
        self.network.set_dtype(self.dtype)
        self.make_optimizer()
        self.compile()

    def compile(self):
        network, optimizer = self.network, self.optimizer
        state = [network.state, optimizer.state, mx.random.state]
        self.state = state

        def loss_of(x, y):
            output = network(x)
            return nn.losses.nll_loss(output, y, reduction="mean"), output

        def right_of(output, y):
            return (mx.argmax(output, axis=-1) == y).sum()

        @partial(mx.compile, inputs=state, outputs=state)
        def update(x, y):
            (loss, output), gradients = nn.value_and_grad(network, loss_of)(x, y)
            optimizer.update(network, gradients)
            return loss, right_of(output, y)

        @partial(mx.compile, inputs=state)
        def score(x, y):
            loss, output = loss_of(x, y)
            return loss * y.size, right_of(output, y)

        self.update, self.score_batch = update, score
        self.infer_batch = mx.compile(network.__call__, inputs=state)

    def seed(self, number):
        mx.random.seed(number)

    def mode(self, training):
        self.network.train(training)

    def load(self, path):
        arrays, metadata = mx.load(str(path), return_metadata=True)
        parts = {"network": [], "optimizer": []}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            parts[part].append((rest, array))
        self.network.update(tree_unflatten(parts["network"]))
        self.optimizer.state = tree_unflatten(parts["optimizer"])
        self.compile()
        return json.loads(metadata["epochs"])

    def save(self, path, epochs):
        arrays = {
            f"{part}.{name}": array
            for part, tree in (
                ("network", self.network.parameters()),
                ("optimizer", self.optimizer.state),
            )
            for name, array in tree_flatten(tree)
        }
        metadata = {"epochs": json.dumps(epochs)}
        turns.replace(path, lambda part: mx.save_safetensors(str(part), arrays, metadata))

    def load_weights(self, path):
        self.network.load_weights(str(path))
        mx.eval(self.network.parameters())

    def train(self, indices):
        self.network.train()
        images, labels = self.sets["train"]
        loss_sum, right = mx.array(0.0), mx.array(0)
        for first in range(0, len(indices), self.batch):
            part = mx.array(indices[first : first + self.batch])
            loss, now_right = self.update(images[part], labels[part])
            loss_sum, right = loss_sum + loss * part.size, right + now_right
            mx.eval(self.state, loss_sum, right)
        return loss_sum.item(), right.item()

    def score(self, split, indices):
        self.network.eval()
        images, labels = self.sets[split]
        loss_sum, right = mx.array(0.0), mx.array(0)
        for first in range(0, len(indices), turns.TEST_BATCH):
            part = mx.array(indices[first : first + turns.TEST_BATCH])
            loss, now_right = self.score_batch(images[part], labels[part])
            loss_sum, right = loss_sum + loss, right + now_right
            mx.eval(loss_sum, right)
        return loss_sum.item(), right.item()

    def batch_of(self, indices):
        images, labels = self.sets["train"]
        part = mx.array(indices)
        batch = images[part].astype(self.dtype), labels[part]
        mx.eval(batch)
        return batch

    def train_batch(self, first, count):
        return self.batch_of(self.training[first : first + count])

    def test_batch(self, first, count):
        images = self.sets["test"][0][first : first + count]
        mx.eval(images)
        return images

    def step(self, batch):
        loss, right = self.update(*batch)
        mx.eval(self.state, loss, right)
        return loss.item()

    def infer(self, images):
        mx.eval(self.infer_batch(images))

    def profile(self, steps, prefix):
        """Training steps with a batch each, as they follow each other in an epoch."""
        import lazulite as lz

        self.train(self.training[: 5 * self.batch])
        images = self.training[: steps * self.batch]
        with lz.profile() as profile:
            self.train(images)
        profile.save_json(f"{prefix}.json")
        profile.save_trace(f"{prefix}.trace.json")
        profile.save_flame_graph(f"{prefix}.flame.html")
        return True


if __name__ == "__main__":
    turns.serve(Program)
