#pragma once

#include "report.h"

namespace cnn {

/// Makes the folder of --report where it is missing; throws if it cannot be made.
void make_report_folder(const Options& options);

/// Writes index.html, a page that needs nothing beside itself, with the figures as results.json and
/// FRAMEWORK.DEVICE.cnn.bench.out, and the profile as profile.json, .trace.json and .flame.html.
void write_report(const Options& options, const Report& report);

}  // namespace cnn
