#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "lazulite/core/convert.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/origin.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/plan.h"

namespace lazulite {
namespace {

/// What is found among the elements of an array.
struct Range {
  int64_t size = 0, nans = 0, infinities = 0;
  double low = std::numeric_limits<double>::infinity();  // of those that are finite
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    ++size;
    if (std::isnan(value)) {
      ++nans;
    } else if (std::isinf(value)) {
      ++infinities;
    } else {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  bool finite() const { return nans == 0 && infinities == 0; }
  int64_t finite_count() const { return size - nans - infinities; }
};

// Of the elements of an array in host memory; a complex number counts by both of its parts.
Range range_of(const Operand& operand, const std::byte* base) {
  Range range;
  visit_dtype(operand.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* first = reinterpret_cast<const T*>(base) + operand.offset;
    for_each_offset(operand.shape, operand.strides, [&](int64_t at) {
      if constexpr (std::is_same_v<T, complex64>) {
        range.add(first[at].real());
        range.add(first[at].imag());
      } else {
        range.add(convert_number<double>(first[at]));
      }
    });
  });
  return range;
}

std::string count_of(const Range& range) {
  std::string text;
  if (range.nans) text = fmt::format("{} NaN", range.nans);
  if (range.infinities) {
    text += fmt::format("{}{} infinite", text.empty() ? "" : " and ", range.infinities);
  }
  return text;
}

std::string describe(const Operand& operand, const Range& range) {
  std::string text = fmt::format("{} {}", name_of(operand.dtype), to_string(operand.shape));
  if (range.finite_count() > 0)
    text += fmt::format(" from {:.6g} to {:.6g}", range.low, range.high);
  if (!range.finite()) text += ", with " + count_of(range);
  return text;
}

}  // namespace

const std::byte* Plan::host_address(const Run& run, uint32_t slot) const {
  if (slots_[slot].kind == Slot::Kind::scratch) return nullptr;
  if (slots_[slot].kind == Slot::Kind::owned) {
    const BufferPtr& buffer = run.owned[slots_[slot].binding];
    return buffer ? static_cast<const std::byte*>(buffer->readable(host_memory())) : nullptr;
  }
  const Location source = source_of(run, slot);
  return static_cast<const std::byte*>(source.buffer->readable(host_memory())) +
         source.offset * static_cast<int64_t>(size_of(slots_[slot].dtype));
}

void Plan::expect_finite(const Run& run, const Segment& segment,
                         const std::vector<uint32_t>* origins) const {
  for (size_t i = segment.first_launch; i < segment.last_launch; ++i) {
    const Launch& launch = launches_[i];
    auto look = [&](const Operand& operand) -> std::optional<Range> {
      const std::byte* base = host_address(run, operand.slot);
      if (!base || operand.size() == 0) return std::nullopt;
      return range_of(operand, base);
    };
    std::optional<Range> bad;
    const Operand* output = nullptr;
    for (const Operand& operand : launch.outputs) {
      if (!is_inexact(operand.dtype)) continue;
      std::optional<Range> range = look(operand);
      if (!range || range->finite() || (guard_ == FiniteGuard::nan && range->nans == 0)) continue;
      bad = range;
      output = &operand;
      break;
    }
    if (!bad) continue;
    std::string inputs;
    bool nan_before = false, infinity_before = false;
    for (const Operand& operand : launch.inputs) {
      std::optional<Range> range = look(operand);
      if (!range) continue;
      nan_before = nan_before || range->nans > 0;
      infinity_before = infinity_before || range->infinities > 0;
      inputs += (inputs.empty() ? "" : "; ") + describe(operand, *range);
    }
    // An infinity that was there before, as in a mask, is nobody's mistake; a NaN always is one.
    if (bad->nans == 0 && infinity_before) continue;
    const uint32_t source = launch.sources.empty() ? 0 : launch.sources.back();
    const char* name = launch.sources.empty() ? launch.name() : name_of(*computes_[source]);
    std::string place = origins && source < origins->size() ? origin_text((*origins)[source]) : "";
    if (!place.empty()) place = " (" + place + ")";
    throw NonFiniteError(fmt::format(
        "{}{}: {} of the {} elements of its result ({}){}; inputs: {}", name, place, count_of(*bad),
        bad->size, describe(*output, *bad),
        nan_before ? ", from a NaN in what it was given, which nothing here has computed"
                   : ", the first that is not finite",
        inputs.empty() ? "none" : inputs));
  }
}

}  // namespace lazulite
