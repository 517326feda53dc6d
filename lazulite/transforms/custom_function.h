#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "lazulite/transforms/signature.h"
#include "lazulite/transforms/vmap.h"

namespace lazulite {

struct CustomRules;

/// A function whose derivatives, or whose form for many arguments at once, are given by hand. What
/// is not given follows from the function itself. Called outside of transforms, it is the function.
///
///   CustomFunction f([](const Arrays& x) { return Arrays{exp(x[0])}; });
///   f.set_vjp([](const Arrays&, const Arrays& cotangents, const Arrays& outputs) {
///     return Arrays{cotangents[0] * outputs[0]};
///   });
///
/// Arrays that the function captures get no gradient where a vjp is given.
class CustomFunction {
 public:
  explicit CustomFunction(ArraysFunction function);
  // Moving copies: what was moved from is the same function.
  CustomFunction(const CustomFunction&) = default;
  CustomFunction& operator=(const CustomFunction&) = default;

  /// From the arguments, one cotangent for each output (of its shape) and the outputs: one gradient
  /// for each argument, of its shape; an empty handle where none flows.
  CustomFunction& set_vjp(std::function<Arrays(const Arrays& arguments, const Arrays& cotangents,
                                               const Arrays& outputs)>
                              function);
  /// From the arguments and one tangent for each (zeros where none flows in): one tangent for each
  /// output.
  CustomFunction& set_jvp(
      std::function<Arrays(const Arrays& arguments, const Arrays& tangents)> function);
  /// From the arguments and the axis of each along which the many lie (nothing where it is the same
  /// for all): the outputs, and the same for them.
  CustomFunction& set_vmap(
      std::function<std::pair<Arrays, MapAxes>(const Arrays& arguments, const MapAxes& axes)>
          function);

  Arrays operator()(const Arrays& arguments) const;

 private:
  ArraysFunction function_;
  std::shared_ptr<const CustomRules> rules_;
};

/// Until the end of the scope, custom functions that the thread calls are noted in the graph with
/// their rules even where no derivative is being taken.
class KeptRules {
 public:
  KeptRules();
  ~KeptRules();
  KeptRules(const KeptRules&) = delete;
  KeptRules& operator=(const KeptRules&) = delete;

 private:
  bool before_;
};

}  // namespace lazulite
