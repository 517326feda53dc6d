"""Trains and measures a convolutional network on MNIST, CIFAR-10 or CIFAR-100."""

import argparse
import random
import time
from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np

import datasets

try:
    from tqdm import tqdm
except ImportError:

    def tqdm(items, **options):
        return items


class CNN(nn.Module):
    """Three blocks of convolution, ReLU and pooling, then three linear layers with dropout."""

    def __init__(self, channels: int, side: int, classes: int):
        super().__init__()
        features = 100 * (side // 8) ** 2
        self.conv1 = nn.Conv2d(channels, 20, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(20, 50, kernel_size=5, padding=2)
        self.conv3 = nn.Conv2d(50, 100, kernel_size=5, padding=2)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.fc1 = nn.Linear(features, features // 2)
        self.fc2 = nn.Linear(features // 2, features // 4)
        self.fc3 = nn.Linear(features // 4, classes)
        self.drop = nn.Dropout(0.3)

    def __call__(self, x):
        for convolution in (self.conv1, self.conv2, self.conv3):
            x = self.pool(nn.relu(convolution(x)))
        x = x.reshape(x.shape[0], -1)
        x = nn.relu(self.drop(self.fc1(x)))
        x = self.drop(self.fc2(x))
        x = self.drop(self.fc3(x))
        return nn.log_softmax(x, axis=-1)


class Loader:
    """Batches of pairs (image, label), shuffled anew in each pass."""

    def __init__(self, images, labels, batch, shuffle=False):
        self.pairs = list(zip(images, labels, strict=True))
        self.batch, self.shuffle = batch, shuffle

    def __len__(self):
        return len(self.pairs) // self.batch

    def __iter__(self):
        if self.shuffle:
            random.shuffle(self.pairs)
        for i in range(len(self)):
            images, labels = zip(*self.pairs[i * self.batch : (i + 1) * self.batch], strict=True)
            yield mx.array(np.array(images)), mx.array(np.array(labels))


def loss_fn(model, x, y):
    return nn.losses.nll_loss(model(x), y, reduction="mean")


def evaluate(model, loader):
    model.eval()
    correct = total = loss = 0
    for x, y in loader:
        scores = model(x)
        loss += nn.losses.nll_loss(scores, y, reduction="sum").item()
        correct += mx.sum(mx.argmax(scores, axis=1) == y).item()
        total += y.size
    return loss / max(total, 1), correct / max(total, 1)


def load(args):
    if args.mnist:
        return *datasets.mnist(args.mnist), 10
    if args.cifar10:
        return *datasets.cifar(args.cifar10), 10
    if args.cifar100:
        return *datasets.cifar(args.cifar100, 100), 100
    train = datasets.synthetic(args.examples)
    return *train, *datasets.synthetic(args.examples // 2, seed=1), 10


def microseconds(times):
    times = [1e6 * t for t in times] or [0]
    return f"{min(times):.0f},{sum(times) / len(times):.0f},{max(times):.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", metavar="PATH")
    parser.add_argument("--cifar10", metavar="PATH")
    parser.add_argument("--cifar100", metavar="PATH")
    parser.add_argument("--examples", type=int, default=64, help="synthetic training images")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    mx.set_default_device(mx.gpu if args.device == "gpu" else mx.cpu)
    random.seed(args.seed)
    mx.random.seed(args.seed)

    images, labels, test_images, test_labels, classes = load(args)
    split = len(images) * 9 // 10
    training = Loader(images[:split], labels[:split], args.batch, shuffle=True)
    validation = Loader(images[split:], labels[split:], min(args.batch, len(images) - split))
    test = Loader(test_images, test_labels, min(512, len(test_images)))

    model = CNN(images.shape[3], images.shape[1], classes)
    mx.eval(model.parameters())
    optimizer = optim.Adam(learning_rate=args.lr)
    loss_and_grad = nn.value_and_grad(model, loss_fn)
    state = [model.state, optimizer.state, mx.random.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(x, y):
        loss, grads = loss_and_grad(model, x, y)
        optimizer.update(model, grads)
        return loss

    step_times, epoch_times = [], []
    for epoch in range(args.epochs):
        model.train()
        losses = []
        begin = time.perf_counter()
        for x, y in tqdm(training, desc=f"epoch {epoch}", leave=False):
            start = time.perf_counter()
            loss = step(x, y)
            mx.eval(state, loss)
            step_times.append(time.perf_counter() - start)
            losses.append(loss.item())
        epoch_times.append(time.perf_counter() - begin)
        loss, accuracy = evaluate(model, validation)
        print(f"epoch {epoch}: loss {np.mean(losses):.5f}, validation loss {loss:.5f}")
        print(f"(validation accuracy {accuracy:.4f})")

    start = time.perf_counter()
    loss, accuracy = evaluate(model, test)
    test_time = time.perf_counter() - start
    single_times = []
    for x, _ in Loader(test_images[:8], test_labels[:8], 1):
        start = time.perf_counter()
        mx.eval(model(x))
        single_times.append(time.perf_counter() - start)

    print(f"test: loss {loss:.5f}, accuracy {accuracy:.4f}")
    print(f"(training step, us: {microseconds(step_times)})")
    print(f"(epoch, us: {microseconds(epoch_times)})")
    print(f"(one image, us: {microseconds(single_times)})")
    print(f"(test set, ms: {1e3 * test_time:.1f})")


if __name__ == "__main__":
    main()
