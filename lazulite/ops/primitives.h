#pragma once

// All families of primitives. What makes or inspects one family includes that family alone.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/primitives/control.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/pooling.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/ops/primitives/sort.h"
#include "lazulite/ops/primitives/views.h"
