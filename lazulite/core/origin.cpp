#include "lazulite/core/origin.h"

#include <atomic>

namespace lazulite {
namespace {
std::atomic<OriginText> text_of{nullptr};
}  // namespace

uint32_t& current_origin() {
  thread_local uint32_t origin = 0;
  return origin;
}

void set_origin_text(OriginText text) { text_of.store(text); }

std::string origin_text(uint32_t origin) {
  OriginText text = text_of.load();
  return origin && text ? text(origin) : "";
}

}  // namespace lazulite
