"""A convolutional variational autoencoder of images."""

import argparse
from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
from mlx.utils import tree_flatten

import datasets


class Encoder(nn.Module):
    """An image to the mean and the logarithm of the variance of its code."""

    def __init__(self, latent_dims: int, side: int, filters: int):
        super().__init__()
        self.conv1 = nn.Conv2d(1, filters, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(filters, 2 * filters, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm(filters)
        self.bn2 = nn.BatchNorm(2 * filters)
        size = 2 * filters * (side // 4) ** 2
        self.mean = nn.Linear(size, latent_dims)
        self.log_variance = nn.Linear(size, latent_dims)

    def __call__(self, x):
        x = nn.leaky_relu(self.bn1(self.conv1(x)))
        x = nn.leaky_relu(self.bn2(self.conv2(x)))
        x = mx.flatten(x, 1)
        return self.mean(x), self.log_variance(x)


class Decoder(nn.Module):
    """A code to an image."""

    def __init__(self, latent_dims: int, side: int, filters: int):
        super().__init__()
        self.shape = (side // 4, side // 4, 2 * filters)
        self.linear = nn.Linear(latent_dims, self.shape[0] * self.shape[1] * self.shape[2])
        self.up1 = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(2 * filters, filters, 3, padding=1),
        )
        self.up2 = nn.ConvTranspose2d(filters, 1, 3, stride=2, padding=1, output_padding=1)
        self.bn = nn.BatchNorm(filters)

    def __call__(self, z):
        x = self.linear(z).reshape(-1, *self.shape)
        x = nn.leaky_relu(self.bn(self.up1(x)))
        return mx.sigmoid(self.up2(x))


class VAE(nn.Module):
    """Encoder, a draw of the code, and decoder."""

    def __init__(self, latent_dims: int, side: int, filters: int):
        super().__init__()
        self.encoder = Encoder(latent_dims, side, filters)
        self.decoder = Decoder(latent_dims, side, filters)

    def __call__(self, x):
        mean, log_variance = self.encoder(x)
        noise = mx.random.normal(mean.shape)
        z = mean + mx.exp(0.5 * log_variance) * noise
        return self.decoder(z), mean, log_variance


def loss_fn(model, x):
    image, mean, log_variance = model(x)
    reconstruction = nn.losses.mse_loss(image, x, reduction="sum")
    divergence = -0.5 * mx.sum(1 + log_variance - mx.square(mean) - mx.exp(log_variance))
    return (reconstruction + divergence) / x.shape[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the four MNIST files; synthetic without")
    parser.add_argument("--examples", type=int, default=128, help="synthetic training images")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--latent", type=int, default=8)
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    mx.random.seed(args.seed)
    if args.data:
        images = datasets.mnist(args.data)[0]
    else:
        images, _ = datasets.synthetic(args.examples)

    model = VAE(args.latent, images.shape[1], args.filters)
    mx.eval(model.parameters())
    count = sum(p.size for _, p in tree_flatten(model.trainable_parameters()))
    print(f"{count} parameters")

    optimizer = optim.AdamW(learning_rate=args.lr)
    state = [model.state, optimizer.state, mx.random.state]

    @partial(mx.compile, inputs=state, outputs=state)
    def step(x):
        loss, grads = nn.value_and_grad(model, loss_fn)(model, x)
        grads, norm = optim.clip_grad_norm(grads, 100.0)
        optimizer.update(model, grads)
        return loss, norm

    for epoch in range(args.epochs):
        model.train()
        losses = []
        order = np.random.permutation(len(images))
        for start in range(0, len(images) - args.batch + 1, args.batch):
            loss, norm = step(mx.array(images[order[start : start + args.batch]]))
            mx.eval(state, loss)
            losses.append(loss.item())
        print(f"epoch {epoch}: loss {np.mean(losses):.4f}, norm {norm.item():.4f}")

    model.eval()
    generated = model.decoder(mx.random.normal((4, args.latent)))
    print(f"generated: mean {generated.mean().item():.4f}")


if __name__ == "__main__":
    main()
