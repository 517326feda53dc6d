#include "lazulite/backends/cpu/primitives/convolution/conv_block.h"

#include <vector>

#include "lazulite/backends/cpu/conv/conv.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/scratch.h"
#include "lazulite/core/memory.h"
#include "lazulite/program/options.h"

namespace lazulite::cpu {
namespace {

// Up to here, the kernels for single images are faster.
constexpr int64_t few_images = 7;

ConvPlan plan_of(const Call& call, const Operand& x, const Operand& w) {
  ConvShape shape;
  shape.n = x.shape[0];
  shape.h = x.shape[1];
  shape.w = x.shape[2];
  shape.c_in = x.shape[3];
  shape.c_out = w.shape[0];
  shape.kernel = w.shape[1];
  shape.pad = call.attribute<int64_t>(0);
  ConvOptions options;
  options.relu = true;
  options.pool = true;
  options.winograd = conv_algorithm() == ConvAlgorithm::automatic;
  return plan_conv(shape, options);
}

ConvPlan plan_of_few(const Call& call, const Operand& x, const Operand& w) {
  ConvPlan plan = plan_of(call, x, w);
  plan.options.threads = useful_threads(plan, plan.shape.n);
  return plan;
}

bool in_lanes(const Operand& operand) { return operand.layout == Layout::image_lanes; }

size_t bytes_of(int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); }

// Weights as a kernel reads them, prepared again when their content may have changed.
class PreparedWeights {
 public:
  using Prepare = void (*)(const ConvPlan&, const float*, float*);

  PreparedWeights(const ConvPlan& plan, int64_t floats, Prepare prepare)
      : plan_(plan), bytes_(bytes_of(floats)), prepare_(prepare) {
    prepared_ = static_cast<float*>(host_memory().allocate(bytes_));
  }
  ~PreparedWeights() { host_memory().release(prepared_, bytes_); }
  PreparedWeights(const PreparedWeights&) = delete;
  PreparedWeights& operator=(const PreparedWeights&) = delete;

  const float* get(const float* weights, uint64_t content) {
    if (content == 0 || content != content_) {
      content_ = 0;  // preparing may fail half-way
      prepare_(plan_, weights, prepared_);
      content_ = content;
    }
    return prepared_;
  }

 private:
  ConvPlan plan_;
  size_t bytes_;
  Prepare prepare_;
  float* prepared_;
  uint64_t content_ = 0;
};

/// An image operand as packed images: where it lies, or packed into scratch.
class PackedImages {
 public:
  PackedImages(const Operand& operand, size_t* scratch_bytes)
      : operand_(operand), direct_(in_lanes(operand)), rows_(operand, scratch_bytes) {
    if (!direct_) {
      offset_ = reserve_scratch(layout_bytes(operand.shape, operand.dtype, Layout::image_lanes),
                                scratch_bytes);
    }
  }
  const float* get(void* const* slots, const Scratch& scratch) const {
    if (direct_) return address<float>(slots, operand_);
    float* packed = scratch.at<float>(offset_);
    const Shape& s = operand_.shape;
    pack_images(rows_.get<float>(slots, scratch), s[0], s[1], s[2], s[3], packed);
    return packed;
  }

 private:
  Operand operand_;
  bool direct_;
  RowMajorInput rows_;
  size_t offset_ = 0;
};

/// Where packed images are written, and unpacked if the operand is row-major. What nobody reads is
/// written to scratch, where the kernel writes it in any case.
class PackedResult {
 public:
  PackedResult(const Operand& operand, bool always_written, size_t* scratch_bytes)
      : operand_(operand), direct_(operand.used && in_lanes(operand)) {
    if (!direct_ && (operand.used || always_written)) {
      offset_ = reserve_scratch(layout_bytes(operand.shape, operand.dtype, Layout::image_lanes),
                                scratch_bytes);
    }
  }
  bool used() const { return operand_.used; }
  float* target(void* const* slots, const Scratch& scratch) const {
    return direct_ ? address<float>(slots, operand_) : scratch.at<float>(offset_);
  }
  void finish(void* const* slots, const Scratch& scratch) const {
    if (direct_ || !used()) return;
    const Shape& s = operand_.shape;
    unpack_images(scratch.at<float>(offset_), s[0], s[1], s[2], s[3],
                  address<float>(slots, operand_));
  }

 private:
  Operand operand_;
  bool direct_;
  size_t offset_ = 0;
};

class ConvBlock final : public Kernel {
 public:
  ConvBlock(const Call& call, const Launch& launch)
      : plan_(plan_of(call, launch.inputs[0], launch.inputs[1])),
        x_(launch.inputs[0], &scratch_bytes_),
        w_(launch.inputs[1], &scratch_bytes_),
        b_(launch.inputs[2], &scratch_bytes_),
        w_slot_(launch.inputs[1].slot),
        y_(launch.outputs[0], true, &scratch_bytes_),
        residual_(launch.outputs[1]),
        weights_(plan_, forward_weights_floats(plan_), prepare_forward_weights) {
    workspace_ = reserve_scratch(bytes_of(forward_workspace_floats(plan_)), &scratch_bytes_);
  }

  void run(void* const* slots) override { run(slots, nullptr); }
  void run(void* const* slots, const uint64_t* contents) override {
    Scratch scratch(scratch_bytes_);
    const float* weights =
        weights_.get(w_.get<float>(slots, scratch), contents ? contents[w_slot_] : 0);
    uint8_t* residual = residual_.used ? address<uint8_t>(slots, residual_) : nullptr;
    conv_forward(plan_, x_.get(slots, scratch), weights, b_.get<float>(slots, scratch),
                 y_.target(slots, scratch), residual, scratch.at<float>(workspace_));
    y_.finish(slots, scratch);
  }

 private:
  ConvPlan plan_;
  size_t scratch_bytes_ = 0;
  PackedImages x_;
  RowMajorInput w_, b_;
  uint32_t w_slot_;
  PackedResult y_;
  Operand residual_;
  PreparedWeights weights_;
  size_t workspace_;
};

/// Inference of few images, channels last throughout.
class FewImagesBlock final : public Kernel {
 public:
  FewImagesBlock(const Call& call, const Launch& launch)
      : plan_(plan_of_few(call, launch.inputs[0], launch.inputs[1])),
        x_(launch.inputs[0], &scratch_bytes_),
        w_(launch.inputs[1], &scratch_bytes_),
        b_(launch.inputs[2], &scratch_bytes_),
        w_slot_(launch.inputs[1].slot),
        y_(launch.outputs[0]),
        weights_(plan_, image_weights_floats(plan_), prepare_image_weights) {
    workspace_ = reserve_scratch(bytes_of(image_workspace_floats(plan_)), &scratch_bytes_);
  }

  void run(void* const* slots) override { run(slots, nullptr); }
  void run(void* const* slots, const uint64_t* contents) override {
    if (!y_.used) return;
    Scratch scratch(scratch_bytes_);
    const float* weights =
        weights_.get(w_.get<float>(slots, scratch), contents ? contents[w_slot_] : 0);
    conv_image_forward(plan_, x_.get<float>(slots, scratch), weights, b_.get<float>(slots, scratch),
                       address<float>(slots, y_), scratch.at<float>(workspace_));
  }

 private:
  ConvPlan plan_;
  size_t scratch_bytes_ = 0;
  RowMajorInput x_, w_, b_;
  uint32_t w_slot_;
  Operand y_;
  PreparedWeights weights_;
  size_t workspace_;
};

class ConvBlockGrad final : public Kernel {
 public:
  ConvBlockGrad(const Call& call, const Launch& launch)
      : plan_(plan_of(call, launch.inputs[0], launch.inputs[1])),
        x_(launch.inputs[0], &scratch_bytes_),
        w_(launch.inputs[1], &scratch_bytes_),
        dy_(launch.inputs[2], &scratch_bytes_),
        residual_(launch.inputs[3]),
        dx_(launch.outputs[0], false, &scratch_bytes_),
        dw_(launch.outputs[1]),
        db_(launch.outputs[2]) {
    weights_ = reserve_scratch(bytes_of(backward_weights_floats(plan_)), &scratch_bytes_);
    workspace_ = reserve_scratch(bytes_of(backward_workspace_floats(plan_)), &scratch_bytes_);
  }

  void run(void* const* slots) override {
    Scratch scratch(scratch_bytes_);
    ConvBackward call;
    call.input = x_.get(slots, scratch);
    call.output_gradient = dy_.get(slots, scratch);
    call.residual = address<uint8_t>(slots, residual_);
    call.input_gradient = dx_.used() ? dx_.target(slots, scratch) : nullptr;
    call.weight_gradient = dw_.used ? address<float>(slots, dw_) : nullptr;
    call.bias_gradient = db_.used ? address<float>(slots, db_) : nullptr;
    if (call.input_gradient) {
      float* prepared = scratch.at<float>(weights_);
      prepare_backward_weights(plan_, w_.get<float>(slots, scratch), prepared);
      call.prepared_weights = prepared;
    }
    conv_backward(plan_, call, scratch.at<float>(workspace_));
    dx_.finish(slots, scratch);
  }

 private:
  ConvPlan plan_;
  size_t scratch_bytes_ = 0;
  PackedImages x_;
  RowMajorInput w_;
  PackedImages dy_;
  Operand residual_;
  PackedResult dx_;
  Operand dw_, db_;
  size_t weights_;
  size_t workspace_;
};

}  // namespace

bool accepts_conv_block(const Call& call, const Launch& launch) {
  if (launch.inputs[0].dtype != Dtype::float32) return false;
  const Shape& w = launch.inputs[1].shape;
  const Shape& y = call.id == CallId::conv_block ? launch.outputs[0].shape : launch.inputs[2].shape;
  return w[1] == w[2] && call.attribute<int64_t>(0) >= 0 && call.attribute<int64_t>(0) < w[1] &&
         element_count(launch.inputs[0].shape) > 0 && element_count(y) > 0;
}

bool conv_block_accepts_layout(const Call& call, const Launch& launch, size_t index, bool output) {
  bool forward = call.id == CallId::conv_block;
  if (forward && launch.inputs[0].shape[0] <= few_images && !launch.outputs[1].used) return false;
  if (output) return forward || index == 0;
  return forward ? index == 0 : index != 1;
}

std::unique_ptr<Kernel> make_conv_block(const Call& call, const Launch& launch) {
  if (call.id == CallId::conv_block_grad) return std::make_unique<ConvBlockGrad>(call, launch);
  if (launch.inputs[0].shape[0] <= few_images && !launch.outputs[1].used &&
      launch.inputs[0].layout == Layout::row_major) {
    return std::make_unique<FewImagesBlock>(call, launch);
  }
  return std::make_unique<ConvBlock>(call, launch);
}

}  // namespace lazulite::cpu
