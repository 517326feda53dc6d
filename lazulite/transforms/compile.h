#pragma once

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>

#include "lazulite/core/cell.h"
#include "lazulite/core/errors.h"
#include "lazulite/transforms/signature.h"
#include "lazulite/transforms/vjp.h"

namespace lazulite {

class Plan;

struct CompileOptions {
  /// Whether a traced array that stays outside is an error at once, or only when it is evaluated.
  bool check_escapes = true;
  /// Called once where that is so, before it becomes an error: what a front end frees late.
  std::function<void()> release_garbage = {};
  /// What the log of traces calls the function. Empty where a front end keeps that log itself.
  std::string name = "a compiled function";
};

/// Compiles a function of arrays. The first call with arguments of given shapes and dtypes traces
/// the function: it runs once on placeholders, and what it computes becomes one plan with all
/// passes applied and all memory planned. Later calls only bind the arguments and run the plan.
///
/// Cells that the function reads or writes (parameters, optimizer state, random keys) are found by
/// themselves: they are inputs and outputs of the plan. A version of the function is kept for each
/// combination of shapes and dtypes of arguments and cells, and of the values of each Version that
/// the function looked at; the least recently used go when there are many. Other arrays that it
/// captures are constants. The function must do nothing else of consequence: a traced array that it
/// leaves somewhere outside is an error, and so is evaluating one. If it throws, no cell changes.
///
/// A call is queued and returns. If its run fails, or the run that computes one of its arguments or
/// cells, its results carry the error; once somebody has been told, at a result, at a cell's value
/// or at the next call, each cell holds its last good value and calls run again. Only where memory
/// or the device was lost in mid-run does a cell go on to raise the error. Any thread may call the
/// function; calls that write the same cells take turns.
///
/// Arguments that are moved into the call, and that nobody else holds, may lend their memory to the
/// results. Inside another trace or derivative the function is simply called.
class CompiledFunction {
 public:
  explicit CompiledFunction(ArraysFunction function, CompileOptions options = {});
  // Moving copies: what was moved from is the same function.
  CompiledFunction(const CompiledFunction&) = default;
  CompiledFunction& operator=(const CompiledFunction&) = default;
  Arrays operator()(Arrays arguments) const;
  /// The plan that was used last; null if there is none.
  std::shared_ptr<const Plan> plan() const;

 private:
  class Versions;
  std::shared_ptr<Versions> versions_;
};
CompiledFunction compile_arrays(ArraysFunction function, CompileOptions options = {});

namespace detail {

template <class T>
void append(Arrays& out, T&& value) {
  if constexpr (std::is_same_v<std::decay_t<T>, Array>) {
    out.push_back(std::forward<T>(value));
  } else if constexpr (std::is_same_v<std::decay_t<T>, Arrays>) {
    out.insert(out.end(), value.begin(), value.end());
  } else {
    std::apply([&](auto&&... items) { (append(out, items), ...); }, value);
  }
}

template <class R, size_t... I>
R tuple_of(const Arrays& values, std::index_sequence<I...>) {
  return R{values[I]...};
}

template <class R>
R from_arrays(Arrays values) {
  if constexpr (std::is_void_v<R>) {
    return;
  } else if constexpr (std::is_same_v<R, Array>) {
    return values[0];
  } else if constexpr (std::is_same_v<R, Arrays>) {
    return values;
  } else {
    return tuple_of<R>(values, std::make_index_sequence<std::tuple_size_v<R>>());
  }
}

template <class R, class... Arguments>
auto compile_function(std::function<R(Arguments...)> function) {
  using Result = std::decay_t<R>;
  static_assert((std::is_convertible_v<const Array&, Arguments> && ...),
                "compile: the function's parameters must be Arrays; other values can be captured");
  static_assert(ArrayResult<Result>,
                "compile: the function must return void, an Array, Arrays, or a pair, tuple or "
                "std::array of Arrays");
  auto compiled = compile_arrays([function = std::move(function)](const Arrays& inputs) {
    Arrays out;
    auto call = [&]<size_t... I>(std::index_sequence<I...>)->R { return function(inputs[I]...); };
    if constexpr (std::is_void_v<R>) {
      call(std::index_sequence_for<Arguments...>());
    } else {
      append(out, call(std::index_sequence_for<Arguments...>()));
    }
    return out;
  });
  return std::function<Result(Arguments...)>([compiled](Arguments... arguments) -> Result {
    Arrays given;
    given.reserve(sizeof...(arguments));
    (given.push_back(std::forward<Arguments>(arguments)), ...);
    return from_arrays<Result>(compiled(std::move(given)));
  });
}

}  // namespace detail

/// Compiles a function whose arguments are Arrays (`auto` stands for Array too) and whose result is
/// void, an Array, Arrays, or a pair, tuple or std::array of Arrays; or a function from Arrays to
/// Arrays.
template <class Function>
auto compile(Function function) {
  detail::expect_function("compile", function);
  if constexpr (detail::FunctionOfArrays<Function>) {
    return compile_arrays(std::move(function));
  } else {
    return detail::compile_function(detail::with_signature(std::move(function)));
  }
}

/// Whether compiled functions run compiled; without, they are called as they are.
void set_compile_enabled(bool enabled);
bool compile_enabled();

/// How often any function has been traced.
uint64_t trace_count();

}  // namespace lazulite
