#pragma once

#include <functional>
#include <string>
#include <vector>

/// Something to be measured: `prepare` makes what it needs and returns one call of it.
struct Case {
  std::string name;
  std::function<std::function<void()>()> prepare;
};

/// The article's network: training steps, inference, one image.
std::vector<Case> network_cases();
/// Single operations at the sizes that compare_pytorch.py measures.
std::vector<Case> operation_cases();
/// Arrays of which a few elements change.
std::vector<Case> update_cases();
