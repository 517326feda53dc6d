#pragma once

// Data sets and loaders.
#include "lazulite/data/array_dataset.h"
#include "lazulite/data/data_loader.h"
#include "lazulite/data/datasets.h"
#include "lazulite/data/subset.h"
