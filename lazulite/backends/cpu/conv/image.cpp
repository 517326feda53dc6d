#include "lazulite/backends/cpu/conv/image.h"

#include <cstring>

#include "lazulite/backends/cpu/conv/chunks.h"
#include "lazulite/backends/cpu/conv/direct_rows.h"
#include "lazulite/backends/cpu/conv/forward.h"
#include "lazulite/backends/cpu/conv/winograd_points.h"

namespace lazulite::cpu {
namespace {

int64_t scratch_floats(const ConvPlan& plan) {
  return round_up(plan.tile > 0 ? image_winograd_scratch(plan) : image_direct_scratch(plan),
                  images_per_group);
}

template <int size, int kernel>
void prepare_points(const ConvPlan& plan, const float* weights, float* prepared) {
  constexpr auto matrix = winograd_weight_matrix<size, kernel>();
  const int64_t c_in = plan.shape.c_in, channels = image_channels(plan);
  for (int64_t out = 0; out < plan.shape.c_out; ++out) {
    for (int64_t in = 0; in < c_in; ++in) {
      const float* from = weights + out * kernel * kernel * c_in + in;
      double columns[size][kernel] = {};
      for (int i = 0; i < size; ++i) {
        for (int tap = 0; tap < kernel * kernel; ++tap) {
          columns[i][tap % kernel] += double(matrix[i][tap / kernel]) * from[tap * c_in];
        }
      }
      for (int point = 0; point < size * size; ++point) {
        const int j = point / size, i = point % size;
        double sum = 0;
        for (int k = 0; k < kernel; ++k) sum += double(matrix[j][k]) * columns[i][k];
        prepared[(point * c_in + in) * channels + out] = static_cast<float>(sum);
      }
    }
  }
}

void prepare_taps(const ConvPlan& plan, const float* weights, float* prepared) {
  const int64_t depth = plan.shape.kernel * plan.shape.kernel * plan.shape.c_in;
  const int64_t channels = image_channels(plan);
  for (int64_t out = 0; out < plan.shape.c_out; ++out) {
    for (int64_t k = 0; k < depth; ++k) prepared[k * channels + out] = *weights++;
  }
}

}  // namespace

ImageBands::ImageBands(const ConvPlan& plan) {
  const int64_t threads = plan.options.threads;
  if (plan.tile > 0) {
    // A product takes four tiles at a time; more than sixteen leave the L1 cache.
    const WinogradGeometry geometry(plan);
    const int64_t least = divide_up(4, geometry.tiles_x);
    const int64_t most = std::max<int64_t>(1, 16 / geometry.tiles_x);
    total_rows = geometry.tiles_y;
    rows_per_band = std::min({std::max(least, total_rows / threads), most, total_rows});
    if (geometry.joins_tiles(plan.options.pool)) rows_per_band = total_rows;
  } else {
    total_rows = DirectRows::forward(plan).row_pairs();
    rows_per_band = 1;
  }
  bands = divide_up(total_rows, rows_per_band);
  slices = std::min(divide_up(threads, bands), divide_up(plan.shape.c_out, images_per_group));
}

int64_t image_weights_floats(const ConvPlan& plan) {
  const int64_t kernel = plan.shape.kernel;
  const int64_t taps = plan.tile > 0 ? WinogradGeometry(plan).points : kernel * kernel;
  return taps * plan.shape.c_in * image_channels(plan);
}

void prepare_image_weights(const ConvPlan& plan, const float* weights, float* prepared) {
  std::memset(prepared, 0, image_weights_floats(plan) * sizeof(float));
  if (plan.tile == 0) {
    prepare_taps(plan, weights, prepared);
  } else if (plan.shape.kernel == 3) {
    prepare_points<6, 3>(plan, weights, prepared);
  } else if (plan.tile == 4) {
    prepare_points<8, 5>(plan, weights, prepared);
  } else {
    prepare_points<7, 5>(plan, weights, prepared);
  }
}

int64_t image_workspace_floats(const ConvPlan& plan) {
  return plan.options.threads * scratch_floats(plan);
}

void conv_image_forward(const ConvPlan& plan, const float* images, const float* prepared_weights,
                        const float* bias, float* output, float* workspace) {
  const ConvShape& shape = plan.shape;
  const int64_t scratch = scratch_floats(plan), items = ImageBands(plan).items();
  const auto run = plan.tile > 0 ? image_winograd : image_direct;
  const auto call_for = [&](int64_t image) {
    return ImageCall{
        plan, images + image * shape.h * shape.w * shape.c_in, prepared_weights,
        epilogue_of(plan, bias, output + image * plan.height() * plan.width() * shape.c_out,
                    nullptr)};
  };
  // Items of all images, one image after the other.
  const auto chunk_of_items = [&](int64_t begin, int64_t end, int64_t chunk) {
    while (begin < end) {
      const int64_t image = begin / items, first = image * items;
      const int64_t last = std::min(end, first + items);
      run(call_for(image), begin - first, last - first, workspace + chunk * scratch);
      begin = last;
    }
  };
  for_chunks(shape.n * items, plan.options.threads, chunk_of_items, /*brief=*/true);
}

}  // namespace lazulite::cpu
