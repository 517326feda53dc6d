#include "lazulite/backends/reference/run.h"

#include "lazulite/backends/reference/rows.h"

namespace lazulite::reference {

Elements Run::elements(const Operand& operand) const {
  Elements out;
  auto* base = static_cast<std::byte*>(slots[operand.slot]);
  auto size = static_cast<int64_t>(size_of(operand.dtype));
  for_each_offset(operand.shape, operand.strides,
                  [&](int64_t offset) { out.push_back(base + (operand.offset + offset) * size); });
  return out;
}

Numbers Run::numbers(const Operand& operand) const {
  Numbers out;
  for (std::byte* element : elements(operand)) out.push_back(load_number(element, operand.dtype));
  return out;
}

void Run::store(const Numbers& numbers, const Operand& operand) const {
  Elements to = elements(operand);
  for (size_t i = 0; i < to.size(); ++i) store_number(numbers[i], to[i], operand.dtype);
}

}  // namespace lazulite::reference
