"""The article's network, written as a PyTorch user would write it."""

from torch import nn


class ArticleCnn(nn.Module):
    """Three blocks of 5x5 convolution, ReLU and pooling, then three linear layers with dropout."""

    def __init__(self, channels=1, side=28, classes=10, dropout=0.3):
        super().__init__()
        features = 100 * (side // 8) ** 2
        self.convolutions = nn.Sequential(
            *self.block(channels, 20), *self.block(20, 50), *self.block(50, 100)
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(features, features // 2),
            nn.Dropout(dropout),
            nn.ReLU(),
            nn.Linear(features // 2, features // 4),
            nn.Dropout(dropout),
            nn.Linear(features // 4, classes),
            nn.Dropout(dropout),
            nn.LogSoftmax(dim=1),
        )

    @staticmethod
    def block(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, images):
        return self.head(self.convolutions(images))
