#include "lazulite/core/origin.h"

#include <atomic>

namespace lazulite {
namespace {
std::atomic<OriginText> text_of{nullptr}, function_of{nullptr};

constexpr uint32_t derivative_bit = uint32_t{1} << 31;
}  // namespace

uint32_t& current_origin() {
  thread_local uint32_t origin = 0;
  return origin;
}

void set_origin_text(OriginText text, OriginText function) {
  text_of.store(text);
  function_of.store(function);
}

std::string origin_text(uint32_t origin) {
  OriginText text = text_of.load();
  const uint32_t place = origin & ~derivative_bit;
  if (!place || !text) return "";
  return text(place) + (origin & derivative_bit ? ", in its derivative" : "");
}

std::string origin_function(uint32_t origin) {
  OriginText function = function_of.load();
  const uint32_t place = origin & ~derivative_bit;
  return place && function ? function(place) : "";
}

uint32_t derivative_origin(uint32_t origin) { return origin ? origin | derivative_bit : 0; }

}  // namespace lazulite
