#pragma once

// All operations on arrays.
#include "lazulite/ops/bounds.h"
#include "lazulite/ops/comparison.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/division.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/fp8.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/pooling.h"
#include "lazulite/ops/random.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/rounding.h"
#include "lazulite/ops/scan.h"
