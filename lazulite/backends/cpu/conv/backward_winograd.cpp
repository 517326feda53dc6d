#include <algorithm>
#include <cstring>

#include "lazulite/backends/cpu/conv/backward.h"
#include "lazulite/backends/cpu/conv/chunks.h"
#include "lazulite/backends/cpu/conv/geometry.h"
#include "lazulite/backends/cpu/conv/winograd.h"

// The gradient of the output, transformed once, gives that of the input (with the same weights, by
// the adjoint of the forward pass) and, with the transformed input, that of the weights.
//
// Two ways to the latter. Where a group has several blocks of tiles, each thread streams through
// its own groups and keeps a sum of its own: what it transformed is still in its cache. Where a
// group has a single block, that would add up lanes too often for too few products; instead the
// blocks of many groups are collected, and the threads divide the points.
namespace lazulite::cpu {
namespace {

constexpr int64_t blocks_per_slice = 4;
constexpr int64_t groups_per_collection = 8;

class Backward {
 public:
  Backward(const ConvPlan& plan, float* workspace)
      : plan_(plan),
        geometry_(plan),
        workspace_(workspace),
        threads_(plan.options.threads),
        collects_(geometry_.blocks == 1),
        collection_(std::min(plan.shape.groups(), std::max(groups_per_collection, threads_))) {
    const int64_t owners = collects_ ? 1 : threads_;
    const int64_t blocks = collects_ ? collection_ : std::min(geometry_.blocks, blocks_per_slice);
    const auto take = [&](int64_t count, int64_t floats) {
      const Area area{workspace_floats_, round_up(floats, images_per_group)};
      workspace_floats_ += count * area.stride;
      return area;
    };
    inputs_ = take(owners, blocks * geometry_.block_stride(plan.shape.c_in));
    gradients_ = take(owners, blocks * geometry_.block_stride(plan.shape.c_out));
    point_gradients_ = take(owners, winograd_point_gradient_floats(plan));
    bias_sums_ = take(plan.shape.groups(), plan.shape.c_out);
    scratch_ = take(threads_, std::max(winograd_input_gradient_scratch(plan),
                                       winograd_weight_gradient_scratch(plan)));
  }

  int64_t workspace_floats() const { return workspace_floats_; }

  void run(const ConvBackward& call, const OutputGradient& gradient) {
    const bool blocks = call.input_gradient != nullptr || call.weight_gradient != nullptr ||
                        call.bias_gradient != nullptr;
    if (!blocks) return;
    if (collects_) {
      collect(call, gradient);
    } else {
      stream(call, gradient);
    }
    if (call.weight_gradient != nullptr) transform_weights(call);
    if (call.bias_gradient != nullptr) sum_biases(call);
  }

 private:
  // Memory of several owners.
  struct Area {
    int64_t start = 0, stride = 0;
  };

  float* at(const Area& area, int64_t owner) const {
    return workspace_ + area.start + owner * area.stride;
  }

  int64_t copies() const { return collects_ ? 1 : std::min(plan_.shape.groups(), threads_); }

  void begin_group(const ConvBackward& call, int64_t group) {
    const ConvShape& shape = plan_.shape;
    const int64_t floats = shape.c_in * shape.h * shape.w * images_per_group;
    if (call.input_gradient != nullptr) {
      std::memset(call.input_gradient + group * floats, 0, floats * sizeof(float));
    }
    std::memset(at(bias_sums_, group), 0, bias_sums_.stride * sizeof(float));
  }

  // Transforms one block, and finishes its part of the gradient of the input.
  void do_block(const ConvBackward& call, const OutputGradient& gradient, int64_t group,
                int64_t block, float* inputs, float* gradients, float* scratch) {
    winograd_transform_gradient(plan_, gradient, group, block, gradients, at(bias_sums_, group));
    if (call.input_gradient != nullptr) {
      winograd_input_gradient(plan_, gradients, call.prepared_weights, group, block, 0,
                              parts_of(plan_.shape.c_in), call.input_gradient, scratch);
    }
    if (call.weight_gradient != nullptr) {
      winograd_transform_input(plan_, call.input, group, block, inputs);
    }
  }

  void stream(const ConvBackward& call, const OutputGradient& gradient) {
    const int64_t input_stride = geometry_.block_stride(plan_.shape.c_in);
    const int64_t gradient_stride = geometry_.block_stride(plan_.shape.c_out);
    for_chunks(plan_.shape.groups(), threads_, [&](int64_t begin, int64_t end, int64_t chunk) {
      bool first = true;
      for (int64_t group = begin; group < end; ++group) {
        begin_group(call, group);
        for (int64_t block = 0; block < geometry_.blocks; block += blocks_per_slice) {
          const int64_t count = std::min(blocks_per_slice, geometry_.blocks - block);
          for (int64_t i = 0; i < count; ++i) {
            do_block(call, gradient, group, block + i, at(inputs_, chunk) + i * input_stride,
                     at(gradients_, chunk) + i * gradient_stride, at(scratch_, chunk));
          }
          if (call.weight_gradient == nullptr) continue;
          const int64_t last = geometry_.tiles_in(block + count - 1) * images_per_group;
          winograd_point_gradient(plan_, at(inputs_, chunk), at(gradients_, chunk), block_floats,
                                  last, count, 0, geometry_.points, !first,
                                  at(point_gradients_, chunk));
          first = false;
        }
      }
    });
  }

  void collect(const ConvBackward& call, const OutputGradient& gradient) {
    const int64_t input_stride = geometry_.block_stride(plan_.shape.c_in);
    const int64_t gradient_stride = geometry_.block_stride(plan_.shape.c_out);
    const int64_t length = geometry_.tiles_in(0) * images_per_group;
    for (int64_t first = 0; first < plan_.shape.groups(); first += collection_) {
      const int64_t count = std::min(collection_, plan_.shape.groups() - first);
      for_chunks(count, threads_, [&](int64_t begin, int64_t end, int64_t chunk) {
        for (int64_t i = begin; i < end; ++i) {
          begin_group(call, first + i);
          do_block(call, gradient, first + i, 0, at(inputs_, 0) + i * input_stride,
                   at(gradients_, 0) + i * gradient_stride, at(scratch_, chunk));
        }
      });
      if (call.weight_gradient == nullptr) continue;
      for_chunks(geometry_.points, threads_, [&](int64_t begin, int64_t end, int64_t) {
        winograd_point_gradient(plan_, at(inputs_, 0), at(gradients_, 0), length, length, count,
                                begin, end, first > 0, at(point_gradients_, 0));
      });
    }
  }

  void transform_weights(const ConvBackward& call) {
    for_chunks(plan_.shape.c_out, threads_, [&](int64_t begin, int64_t end, int64_t chunk) {
      winograd_weight_gradient(plan_, at(point_gradients_, 0), copies(), begin, end,
                               call.weight_gradient, at(scratch_, chunk));
    });
  }

  void sum_biases(const ConvBackward& call) {
    for (int64_t c = 0; c < plan_.shape.c_out; ++c) {
      float sum = 0;
      for (int64_t group = 0; group < plan_.shape.groups(); ++group)
        sum += at(bias_sums_, group)[c];
      call.bias_gradient[c] = sum;
    }
  }

  const ConvPlan& plan_;
  WinogradGeometry geometry_;
  float* workspace_;
  int64_t threads_;
  bool collects_;
  int64_t collection_;
  int64_t workspace_floats_ = 0;
  Area inputs_, gradients_, point_gradients_, bias_sums_, scratch_;
};

}  // namespace

int64_t winograd_backward_workspace(const ConvPlan& plan) {
  return Backward(plan, nullptr).workspace_floats();
}

void winograd_backward(const ConvPlan& plan, const ConvBackward& call,
                       const OutputGradient& gradient, float* workspace) {
  Backward(plan, workspace).run(call, gradient);
}

}  // namespace lazulite::cpu
