"""The article's program in PyTorch: eager, in the layout that it asks for."""

import numpy as np
import torch
import turns
from pytorch_network import ArticleCnn
from torch.nn.functional import nll_loss


class Program:
    version = torch.__version__

    def __init__(self, options, data, dropout):
        self.batch = options.batch
        # MLX and Lazulite keep it in 32 bits, also where they compute in 64.
        self.rate = float(np.float32(options.lr))
        self.dtype = torch.float32
        self.device = torch.device("cuda" if options.device == "gpu" else "cpu")
        last = options.channels_last
        self.layout = torch.channels_last if last else torch.contiguous_format
        torch.manual_seed(options.seed)
        network = ArticleCnn(data.channels, data.side, data.classes, dropout)
        self.network = network.to(self.device, memory_format=self.layout)
        self.make_optimizer()
        self.parameters = sum(p.numel() for p in self.network.parameters())
        self.sets = {
            "train": self.tensors(data.train_images, data.train_labels),
            "test": self.tensors(data.test_images, data.test_labels),
        }
        self.training = torch.from_numpy(data.training).to(self.device)

    def make_optimizer(self):
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)

    def use_all_bits(self):
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def use_64_bits(self):
        self.dtype = torch.float64
        self.network.to(self.dtype)
        self.make_optimizer()

    def tensors(self, images, labels):
        pixels = torch.from_numpy(np.ascontiguousarray(turns.scaled(images).transpose(0, 3, 1, 2)))
        pixels = pixels.to(self.device).contiguous(memory_format=self.layout)
        return pixels, torch.from_numpy(labels).long().to(self.device)

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def seed(self, number):
        torch.manual_seed(number)

    def mode(self, training):
        self.network.train(training)

    def load(self, path):
        state = torch.load(path, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        return state["epochs"]

    def save(self, path, epochs):
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epochs": epochs,
        }
        turns.replace(path, lambda part: torch.save(state, part))

    def load_weights(self, path):
        """From MLX's layouts: convolutions channels last, and the first linear layer's inputs in
        the order of such images."""
        values = turns.read_safetensors(path)
        layers = [m for m in self.network.modules() if hasattr(m, "weight")]
        names = ["conv1", "conv2", "conv3", "hidden1", "hidden2", "out"]
        with torch.no_grad():
            for name, layer in zip(names, layers, strict=True):
                weight = values[f"{name}.weight"]
                if weight.ndim == 4:
                    weight = weight.transpose(0, 3, 1, 2)
                elif name == "hidden1":
                    side = round((weight.shape[1] / 100) ** 0.5)
                    weight = weight.reshape(-1, side, side, 100).transpose(0, 3, 1, 2)
                    weight = weight.reshape(len(weight), -1)
                layer.weight.copy_(torch.from_numpy(weight.copy()))
                layer.bias.copy_(torch.from_numpy(values[f"{name}.bias"]))

    def update(self, images, labels):
        self.optimizer.zero_grad()
        output = self.network(images)
        loss = nll_loss(output, labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach(), output.detach()

    def train(self, indices):
        self.network.train()
        images, labels = self.sets["train"]
        loss_sum = torch.zeros((), device=self.device)
        right = torch.zeros((), device=self.device)
        for part in torch.from_numpy(indices).to(self.device).split(self.batch):
            y = labels[part]
            loss, output = self.update(images[part], y)
            loss_sum += loss * len(part)
            right += (output.argmax(1) == y).sum()
        return loss_sum.item(), right.item()

    @torch.inference_mode()
    def score(self, split, indices):
        self.network.eval()
        images, labels = self.sets[split]
        loss, right = 0.0, 0
        for part in torch.from_numpy(indices).to(self.device).split(turns.TEST_BATCH):
            output, y = self.network(images[part]), labels[part]
            loss += nll_loss(output, y, reduction="sum").item()
            right += (output.argmax(1) == y).sum().item()
        return loss, right

    def batch_of(self, indices):
        images, labels = self.sets["train"]
        part = torch.from_numpy(indices).to(self.device)
        pixels = images[part].to(self.dtype)
        return pixels.contiguous(memory_format=self.layout), labels[part]

    def train_batch(self, first, count):
        return self.batch_of(self.training[first : first + count].cpu().numpy())

    def test_batch(self, first, count):
        images = self.sets["test"][0][first : first + count]
        return images.contiguous(memory_format=self.layout)

    def step(self, batch):
        return self.update(*batch)[0].item()

    @torch.inference_mode()
    def infer(self, images):
        self.network(images)
        self.wait()


if __name__ == "__main__":
    turns.serve(Program)
