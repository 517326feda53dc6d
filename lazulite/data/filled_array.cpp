#include "lazulite/data/filled_array.h"

#include "lazulite/core/node.h"

namespace lazulite::data {

Array filled_array(const Shape& shape, Dtype dtype, const std::function<void(void*)>& fill) {
  BufferPtr buffer(new Buffer(static_cast<size_t>(element_count(shape)) * size_of(dtype)));
  fill(buffer->writable(host_memory()));
  Output output{shape, dtype, std::move(buffer), 0, row_major_strides(shape)};
  return Array(new Node(Node::State::ready, std::move(output)), 0);
}

}  // namespace lazulite::data
