#pragma once

#include <nlohmann/json.hpp>

#include "measure.h"

namespace cnn {

using Json = nlohmann::ordered_json;

// Results as JSON. What is not finite becomes null, and reads back as NaN.
Json json(const Range& range);
Json json(const Score& score);
Json json(const EpochResult& epoch);
Json json(const StepTimes& times);
EpochResult epoch_of(const Json& json);

}  // namespace cnn
