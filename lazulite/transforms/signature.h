#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

using Arrays = std::vector<Array>;
using ArraysFunction = std::function<Arrays(const Arrays&)>;

// What transforms find out about the functions that they are given. A function whose parameters are
// written out is asked for them; one with `auto` is never called with anything but Arrays, as its
// body might not compile for other types.
namespace detail {

[[noreturn]] void reject_empty_function(const char* operation);

template <class Function>
concept HasSignature = requires(Function function) {
  std::function(std::move(function));
};

template <class T>
constexpr bool may_be_empty = std::is_pointer_v<T> || std::is_member_pointer_v<T>;
template <class T>
constexpr bool may_be_empty<std::function<T>> = true;

/// Throws where a function object, or a pointer, holds no function.
template <class Function>
void expect_function(const char* operation, const Function& function) {
  if constexpr (may_be_empty<Function>) {
    if (!function) reject_empty_function(operation);
  }
}

template <class Function>
concept FunctionOfArrays =
    HasSignature<Function> && std::is_invocable_r_v<Arrays, Function&, const Arrays&>;

template <class Function>
concept FunctionOfOneArray =
    !FunctionOfArrays<Function> && std::is_invocable_r_v<Array, Function&, const Array&>;

constexpr size_t most_parameters = 8;

template <size_t>
using ArrayArgument = const Array&;

template <class Function, size_t... I>
constexpr bool takes_arrays(std::index_sequence<I...>) {
  return std::is_invocable_v<Function&, ArrayArgument<I>...>;
}

/// How many Arrays a function can be called with; the smallest number if there are several, and
/// more than most_parameters if there is none.
template <class Function, size_t N = 1>
constexpr size_t array_parameters() {
  if constexpr (N > most_parameters) {
    return takes_arrays<Function>(std::index_sequence<>()) ? 0 : N;
  } else if constexpr (takes_arrays<Function>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return array_parameters<Function, N + 1>();
  }
}

template <class T>
constexpr bool is_arrays_tuple = false;
template <class... T>
constexpr bool is_arrays_tuple<std::tuple<T...>> = (std::same_as<T, Array> && ...);
template <class T, class U>
constexpr bool is_arrays_tuple<std::pair<T, U>> = std::same_as<T, Array>&& std::same_as<U, Array>;
template <size_t N>
constexpr bool is_arrays_tuple<std::array<Array, N>> = true;

/// What a compiled function may return.
template <class T>
concept ArrayResult =
    std::is_void_v<T> || std::same_as<T, Array> || std::same_as<T, Arrays> || is_arrays_tuple<T>;

template <class Function, size_t... I>
auto with_array_parameters(Function function, std::index_sequence<I...>) {
  using Result = std::decay_t<std::invoke_result_t<Function&, ArrayArgument<I>...>>;
  return std::function<Result(ArrayArgument<I>...)>(std::move(function));
}

/// The function as a std::function of its own parameters, or of Arrays where they are generic.
template <class Function>
auto with_signature(Function function) {
  if constexpr (HasSignature<Function>) {
    return std::function(std::move(function));
  } else {
    constexpr size_t count = array_parameters<Function>();
    static_assert(count <= most_parameters,
                  "this is not a function of at most eight Arrays; wrap it in a lambda whose "
                  "parameters are Arrays");
    static_assert(!takes_arrays<Function>(std::make_index_sequence<count + 1>()),
                  "this function takes any number of arguments; wrap it in a lambda with the "
                  "parameters that it is to have");
    return with_array_parameters(std::move(function), std::make_index_sequence<count>());
  }
}

}  // namespace detail
}  // namespace lazulite
