#include "json.h"

#include <cmath>

namespace cnn {
namespace {

double number_of(const Json& json) { return json.is_null() ? NAN : json.get<double>(); }

Score score_of(const Json& json) {
  return {number_of(json.at("loss")), number_of(json.at("accuracy"))};
}

}  // namespace

Json json(const Range& range) {
  return {{"min", range.min}, {"mean", range.mean}, {"max", range.max}};
}

Json json(const Score& score) { return {{"loss", score.loss}, {"accuracy", score.accuracy}}; }

Json json(const EpochResult& epoch) {
  return {{"training", json(epoch.training)},
          {"validation", json(epoch.validation)},
          {"seconds", epoch.seconds},
          {"images_per_second", epoch.images_per_second}};
}

Json json(const StepTimes& times) {
  return {{"batch_inference_us", json(times.batch_inference_us)},
          {"indiv_inference_us", json(times.single_inference_us)},
          {"batch_backprop_us", json(times.batch_training_us)},
          {"indiv_backprop_us", json(times.single_training_us)}};
}

EpochResult epoch_of(const Json& json) {
  return {score_of(json.at("training")), score_of(json.at("validation")),
          number_of(json.at("seconds")), number_of(json.at("images_per_second")), false};
}

}  // namespace cnn
