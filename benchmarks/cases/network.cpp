#include "cases/case.h"
#include "lazulite_side/training.h"

using namespace lazulite;

namespace {

Options options_of(bool compiled) {
  Options options;
  options.variant = compiled ? "compiled" : "uncompiled";
  return options;
}

std::function<void()> step(bool compiled) {
  auto training = std::make_shared<Training>(options_of(compiled));
  for (int i = 0; i < 8; ++i) training->step();
  return [training] { training->step(); };
}

std::function<void()> steps_not_waited_for(bool compiled) {
  auto training = std::make_shared<Training>(options_of(compiled));
  for (int i = 0; i < 8; ++i) training->step();
  return [training] {
    for (int i = 0; i < 8; ++i) training->start_step();
    synchronize();
  };
}

std::function<void()> images(bool compiled, int64_t count) {
  return [forward = inference(options_of(compiled)), x = random_images(count, {})] {
    eval({forward(x)});
  };
}

}  // namespace

std::vector<Case> network_cases() {
  std::vector<Case> cases;
  for (bool compiled : {true, false}) {
    const std::string variant = compiled ? ", compiled" : ", uncompiled";
    cases.push_back({"training step" + variant, [=] { return step(compiled); }});
    cases.push_back(
        {"8 steps not waited for" + variant, [=] { return steps_not_waited_for(compiled); }});
    cases.push_back({"512 images" + variant, [=] { return images(compiled, 512); }});
    cases.push_back({"one image" + variant, [=] { return images(compiled, 1); }});
  }
  return cases;
}
