#pragma once

// Everything: arrays, operations, transforms, networks, optimizers, data.
#include "lazulite/core/array.h"
#include "lazulite/core/cell.h"
#include "lazulite/core/device.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/memory.h"
#include "lazulite/core/threads.h"
#include "lazulite/data/data.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/options.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/vjp.h"
