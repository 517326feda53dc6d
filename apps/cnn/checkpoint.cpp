#include "checkpoint.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "json.h"
#include "lazulite/io/safetensors.h"

namespace cnn {
namespace {

using lazulite::io::NamedArrays;

const std::string of_network = "network.", of_optimizer = "optimizer.";

// What makes a run another one.
Json settings(const Options& options) {
  return {{"data set", name_of(options.dataset)},
          {"batch", options.batch},
          {"learning rate", options.learning_rate},
          {"seed", options.seed}};
}

void check_settings(const std::string& path, const Json& found, const Json& wanted) {
  for (const auto& [name, value] : wanted.items()) {
    if (found.contains(name) && found[name] == value) continue;
    throw lazulite::Error(fmt::format(
        "--checkpoint '{}' is of another run: its {} is {}, not {}; remove it or name another file",
        path, name, found.contains(name) ? found[name].dump() : "not known", value.dump()));
  }
}

NamedArrays with_prefix(const NamedArrays& arrays, const std::string& prefix) {
  NamedArrays out;
  for (const auto& [name, array] : arrays) {
    if (name.starts_with(prefix)) out.emplace_back(name.substr(prefix.size()), array);
  }
  return out;
}

// What Adam needs to go on: it would begin anew, and nobody would notice, with what is missing.
void check_moments(const NamedArrays& network, const NamedArrays& optimizer) {
  std::set<std::string> names;
  for (const auto& [name, array] : optimizer) names.insert(name);
  std::vector<std::string> needed = {"step"};
  for (const auto& [name, array] : network) {
    needed.push_back(name + ".m");
    needed.push_back(name + ".v");
  }
  for (const std::string& name : needed) {
    if (!names.contains(name)) {
      throw lazulite::Error(fmt::format("the optimizer's entry '{}' is missing", name));
    }
  }
}

}  // namespace

void save_checkpoint(const std::string& path, const Options& options, const Trainer& trainer,
                     const std::vector<EpochResult>& epochs) {
  NamedArrays arrays;
  for (const auto& [name, cell] : trainer.network().parameters()) {
    arrays.emplace_back(of_network + name, cell.get());
  }
  for (const auto& [name, array] : trainer.optimizer().state()) {
    arrays.emplace_back(of_optimizer + name, array);
  }
  Json results = Json::array();
  for (const EpochResult& epoch : epochs) results.push_back(json(epoch));
  lazulite::io::save_safetensors(
      path, arrays, {{"settings", settings(options).dump()}, {"epochs", results.dump()}});
}

std::vector<EpochResult> load_checkpoint(const std::string& path, const Options& options,
                                         Trainer& trainer) {
  if (!std::filesystem::exists(path)) return {};
  const auto file = lazulite::io::read_safetensors(path);
  std::vector<EpochResult> epochs;
  try {
    Json found;
    for (const auto& [name, text] : file.metadata) found[name] = Json::parse(text);
    check_settings(path, found.at("settings"), settings(options));
    for (const Json& epoch : found.at("epochs").get<std::vector<Json>>()) {
      epochs.push_back(epoch_of(epoch));
    }
  } catch (const Json::exception&) {
    throw lazulite::Error(fmt::format("--checkpoint '{}' holds no run of lazulite-cnn", path));
  }
  try {
    const NamedArrays network = with_prefix(file.arrays, of_network);
    const NamedArrays optimizer = with_prefix(file.arrays, of_optimizer);
    // The network's shapes are checked before anything is changed.
    trainer.network().update(network);
    check_moments(network, optimizer);
    trainer.optimizer().load_state(optimizer);
  } catch (const lazulite::Error& error) {
    throw lazulite::Error(fmt::format("--checkpoint '{}' holds no whole run of lazulite-cnn: {}",
                                      path, error.what()));
  }
  return epochs;
}

}  // namespace cnn
