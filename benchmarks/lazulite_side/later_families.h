#pragma once

#include "lazulite_side/operations.h"

/// Operations of families that lazulite has not had from the beginning. bench_against.py builds
/// these sources with old revisions too: there a family is empty whose header is missing.
std::vector<Operation> sorts_and_scans();
std::vector<Operation> decompositions();
std::vector<Operation> fourier_transforms();
std::vector<Operation> products_with_codes();
