"""The article's network, written as an MLX user would write it, for MLX or Lazulite."""


def network_class(nn):
    """The class, with the layers of `mlx.nn` or of `lazulite.nn`."""

    class ArticleCnn(nn.Module):
        """Three blocks of 5x5 convolution, ReLU and pooling; three linear layers with dropout."""

        def __init__(self, channels=1, side=28, classes=10, dropout=0.3):
            super().__init__()
            features = 100 * (side // 8) ** 2
            self.conv1 = nn.Conv2d(channels, 20, 5, padding=2)
            self.conv2 = nn.Conv2d(20, 50, 5, padding=2)
            self.conv3 = nn.Conv2d(50, 100, 5, padding=2)
            self.pool = nn.MaxPool2d(2, 2)
            self.hidden1 = nn.Linear(features, features // 2)
            self.hidden2 = nn.Linear(features // 2, features // 4)
            self.out = nn.Linear(features // 4, classes)
            self.dropout = nn.Dropout(dropout)

        def __call__(self, x):
            for convolution in (self.conv1, self.conv2, self.conv3):
                x = self.pool(nn.relu(convolution(x)))
            x = x.flatten(1)
            x = nn.relu(self.dropout(self.hidden1(x)))
            x = self.dropout(self.hidden2(x))
            return nn.log_softmax(self.dropout(self.out(x)), axis=-1)

    return ArticleCnn
