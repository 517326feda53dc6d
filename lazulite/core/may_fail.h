#pragma once

#include "lazulite/core/node.h"

namespace lazulite {

/// The event of new work; `may_fail` if there are checks on data in it or behind its inputs.
EventPtr make_event(bool may_fail);

/// Whether the work has failed, or may yet fail a check. False for null.
bool may_fail(const EventPtr& event);

/// Whether there is a check on data behind a node that has not passed.
bool may_fail(Node& node);

/// Whether that was ever true of anything in the process.
bool any_may_fail();

}  // namespace lazulite
