#pragma once

// Everything for building and differentiating networks.
#include "lazulite/nn/activations.h"
#include "lazulite/nn/batch_norm.h"
#include "lazulite/nn/convolution.h"
#include "lazulite/nn/dropout.h"
#include "lazulite/nn/functional.h"
#include "lazulite/nn/gated_delta.h"
#include "lazulite/nn/gradient.h"
#include "lazulite/nn/init.h"
#include "lazulite/nn/linear.h"
#include "lazulite/nn/losses.h"
#include "lazulite/nn/module.h"
#include "lazulite/nn/pooling.h"
#include "lazulite/nn/sequential.h"
