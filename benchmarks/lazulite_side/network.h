#pragma once

#include "lazulite/nn/nn.h"

/// The article's network, for images of one channel, 28 by 28; returns log-probabilities.
struct ArticleCnn : lazulite::nn::Sequential {
  static constexpr int64_t side = 28, classes = 10, features = 100 * (side / 8) * (side / 8);

  ArticleCnn() {
    using namespace lazulite::nn;
    int64_t channels = 1;
    for (const int64_t outputs : {20, 50, 100}) {
      add(Conv2d(channels, outputs, 5, {.padding = {2, 2}}));
      add(ReLU());
      add(MaxPool2d(2));
      channels = outputs;
    }
    add(Flatten());
    add(Linear(features, features / 2));
    add(Dropout(0.3));
    add(ReLU());
    add(Linear(features / 2, features / 4));
    add(Dropout(0.3));
    add(Linear(features / 4, classes));
    add(Dropout(0.3));
    add(LogSoftmax());
  }
};
