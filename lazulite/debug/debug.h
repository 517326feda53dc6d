#pragma once

// What the framework did, and why: every tool here watches while its object lives, and costs
// nothing otherwise.
#include "lazulite/debug/evaluation_trace.h"
#include "lazulite/debug/finite_guard.h"
#include "lazulite/debug/graph_pictures.h"
#include "lazulite/debug/monitor.h"
#include "lazulite/debug/profile.h"
#include "lazulite/debug/recompile_log.h"
#include "lazulite/debug/region.h"
