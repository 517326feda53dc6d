#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

// The names of an enum's enumerators, as the compiler spells them, so that nobody has to list them
// a second time. They are numbered from 0 without gaps.
namespace lazulite {
namespace detail {

// "... [with auto value = lazulite::ReduceOp::sum; ...]", or "(lazulite::ReduceOp)6" where there is
// no such enumerator.
template <auto value>
constexpr std::string_view spelled() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("value = ") + 8);
  text = text.substr(0, text.find_first_of(";]"));
  return text.front() == '(' ? std::string_view() : text.substr(text.rfind(':') + 1);
}

inline constexpr int most_enumerators = 160;

template <class E>
constexpr auto all_spelled = []<int... i>(std::integer_sequence<int, i...>) {
  return std::array{spelled<static_cast<E>(i)>()...};
}
(std::make_integer_sequence<int, most_enumerators>());

}  // namespace detail

template <class E>
constexpr std::string_view enumerator_name(E value) {
  static_assert(detail::all_spelled<E>.back().empty(), "raise most_enumerators");
  return detail::all_spelled<E>[static_cast<size_t>(value)];
}

template <class E>
constexpr std::optional<E> enumerator_named(std::string_view name) {
  const auto& all = detail::all_spelled<E>;
  const auto found = std::find(all.begin(), all.end(), name);
  if (name.empty() || found == all.end()) return std::nullopt;
  return static_cast<E>(found - all.begin());
}

}  // namespace lazulite
