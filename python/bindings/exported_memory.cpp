#include "exported_memory.h"

#include "evaluation.h"
#include "lazulite/core/node.h"

namespace lazulite::python {

ExportedMemory::ExportedMemory(const Array& given) : array_(given) {
  evaluate(array_, Cause::conversion);
  take(host_memory());
  buffer_->begin_export();
}

ExportedMemory::ExportedMemory(const Array& given, MemorySpace& space,
                               DeviceSharing::StreamNumber stream)
    : array_(given), sharing_(space.sharing()), stream_(stream) {
  MarkPtr work = begin_value(array_);
  if (work && &home_of(array_) != &space) {
    evaluate(array_, Cause::conversion);
    work = nullptr;
  }
  {
    WithoutGil released;
    take(space);
    sharing_->lend(stream_, work);
  }
  buffer_->begin_export();
}

void ExportedMemory::take(MemorySpace& space) {
  const Output& output = array_.node()->outputs[array_.output()];
  buffer_ = output.buffer.buffer();
  offset_ = output.offset;
  data = static_cast<std::byte*>(buffer_->readable(space)) +
         offset_ * static_cast<int64_t>(size_of(output.dtype));
  shape = output.shape;
  strides = output.strides;
  dtype = output.dtype;
}

bool ExportedMemory::shows(const Array& array) const {
  const Output& output = array.node()->outputs[array.output()];
  return output.buffer.buffer().get() == buffer_.get() && output.offset == offset_ &&
         output.dtype == dtype && output.shape == shape && output.strides == strides;
}

ExportedMemory::~ExportedMemory() {
  if (sharing_) sharing_->returned(stream_);
  buffer_->end_export();
}

}  // namespace lazulite::python
