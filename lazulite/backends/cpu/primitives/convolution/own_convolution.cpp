#include "lazulite/backends/cpu/primitives/convolution/own_convolution.h"

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/convolution/conv_shape.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/matmul/gemm.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {
namespace {

// Pixels whose rows are laid out at once.
constexpr int64_t block_pixels = 128;

template <class F>
std::unique_ptr<Kernel> for_dtype(const Launch& launch, F make) {
  return launch.outputs[0].dtype == Dtype::float64 ? make(TypeTag<double>())
                                                   : make(TypeTag<float>());
}

template <class T>
void copy_channels(const T* image, int64_t pixel, int64_t stride, int64_t channels, T* to) {
  if (pixel < 0) {
    std::fill_n(to, channels, T(0));
  } else {
    std::copy_n(image + pixel * stride, channels, to);
  }
}

// result pixels = rows x weights, where a row holds, for each element of the kernel, the channels
// of the pixel that meets it. `find_pixel` is input_pixel for the forward pass, else output_pixel.
struct PixelProduct {
  ConvSizes sizes;
  ConvSizes::Extents results;  // the pixels of the result
  int64_t from_pixels;         // pixels of an image of what is read
  int64_t from_channels;       // of one group
  int64_t to_channels;
  int64_t (ConvSizes::*find_pixel)(const ConvSizes::Extents&, const ConvSizes::Extents&) const;
  GemmLayout layout;  // of one group, without m

  // `weights` holds the groups one after the other, `group_size` elements each.
  template <class T>
  void run(const T* from, const T* weights, int64_t group_size, T* to) const {
    const int64_t taps = ConvSizes::volume(sizes.kernel);
    const int64_t pixels = ConvSizes::volume(results);
    const int64_t blocks = (sizes.n * pixels + block_pixels - 1) / block_pixels;
    parallel_for(blocks * sizes.groups, 1, [&](int64_t begin, int64_t end, int) {
      const Scratch scratch(static_cast<size_t>(block_pixels * layout.k) * sizeof(T));
      T* rows = scratch.at<T>();
      for (int64_t task = begin; task < end; ++task) {
        const int64_t group = task % sizes.groups;
        const int64_t first = task / sizes.groups * block_pixels;
        GemmLayout s = layout;
        s.m = std::min(block_pixels, sizes.n * pixels - first);
        T* row = rows;
        for (int64_t i = first; i < first + s.m; ++i) {
          const T* image = from + i / pixels * from_pixels * sizes.groups * from_channels +
                           group * from_channels;
          const ConvSizes::Extents at = ConvSizes::place(results, i % pixels);
          for (int64_t tap = 0; tap < taps; ++tap, row += from_channels) {
            const int64_t pixel = (sizes.*find_pixel)(at, ConvSizes::place(sizes.kernel, tap));
            copy_channels(image, pixel, sizes.groups * from_channels, from_channels, row);
          }
        }
        gemm(s, rows, weights + group * group_size, to + first * s.c_row + group * to_channels,
             false);
      }
    });
  }
};

}  // namespace

std::unique_ptr<Kernel> make_own(const Convolution& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const ConvSizes sizes(p, launch.inputs[0].shape, launch.inputs[1].shape, y.shape);
  const int64_t k = ConvSizes::volume(sizes.kernel) * sizes.c_in;
  PixelProduct product{sizes,      sizes.out,   ConvSizes::volume(sizes.in),
                       sizes.c_in, sizes.c_out, &ConvSizes::input_pixel,
                       {}};
  product.layout = {.n = sizes.c_out,
                    .k = k,
                    .a_row = k,
                    .a_column = 1,
                    .b_row = 1,
                    .b_column = k,
                    .c_row = sizes.out_channels()};
  size_t scratch_bytes = 0;
  const RowMajorInput x(launch.inputs[0], &scratch_bytes);
  const RowMajorInput w(launch.inputs[1], &scratch_bytes);
  return for_dtype(launch, [&]<class T>(TypeTag<T>) {
    return kernel_of([=](void* const* slots) {
      const Scratch scratch(scratch_bytes);
      product.run(x.get<T>(slots, scratch), w.get<T>(slots, scratch), sizes.c_out * k,
                  address<T>(slots, y));
    });
  });
}

std::unique_ptr<Kernel> make_own(const ConvolutionGradInput& p, const Launch& launch) {
  const Operand& w = launch.inputs[0];
  const Operand& dx = launch.outputs[0];
  const ConvSizes sizes(p, dx.shape, w.shape, launch.inputs[1].shape);
  const int64_t taps = ConvSizes::volume(sizes.kernel);
  const int64_t k = taps * sizes.c_out;
  PixelProduct product{sizes,       sizes.in,   ConvSizes::volume(sizes.out),
                       sizes.c_out, sizes.c_in, &ConvSizes::output_pixel,
                       {}};
  product.layout = {.n = sizes.c_in,
                    .k = k,
                    .a_row = k,
                    .a_column = 1,
                    .b_row = sizes.c_in,
                    .b_column = 1,
                    .c_row = sizes.in_channels()};
  size_t scratch_bytes = 0;
  const RowMajorInput weights(w, &scratch_bytes);
  const RowMajorInput dy(launch.inputs[1], &scratch_bytes);
  // Weights as [group][kernel][c_out][c_in].
  const size_t turned_offset = reserve_scratch(w.bytes(), &scratch_bytes);
  const Shape shape = {sizes.groups, taps, sizes.c_out, sizes.c_in};
  const StridedCopy turn(shape, {sizes.c_out * taps * sizes.c_in, sizes.c_in, taps * sizes.c_in, 1},
                         row_major_strides(shape), size_of(w.dtype));
  return for_dtype(launch, [&]<class T>(TypeTag<T>) {
    return kernel_of([=](void* const* slots) {
      const Scratch scratch(scratch_bytes);
      turn.run(weights.get(slots, scratch), scratch.at(turned_offset));
      product.run(dy.get<T>(slots, scratch), scratch.at<T>(turned_offset), k * sizes.c_in,
                  address<T>(slots, dx));
    });
  });
}

std::unique_ptr<Kernel> make_own(const ConvolutionGradWeight& p, const Launch& launch) {
  const Operand& dw = launch.outputs[0];
  const ConvSizes sizes(p, launch.inputs[0].shape, dw.shape, launch.inputs[1].shape);
  const int64_t taps = ConvSizes::volume(sizes.kernel);
  // dw of one element of the kernel is c_out x c_in: dy's transpose times the pixels it meets.
  const GemmLayout layout = {.m = sizes.c_out,
                             .n = sizes.c_in,
                             .a_row = 1,
                             .a_column = sizes.out_channels(),
                             .b_row = sizes.c_in,
                             .b_column = 1,
                             .c_row = taps * sizes.c_in};
  size_t scratch_bytes = 0;
  const RowMajorInput x(launch.inputs[0], &scratch_bytes);
  const RowMajorInput dy(launch.inputs[1], &scratch_bytes);
  return for_dtype(launch, [&]<class T>(TypeTag<T>) {
    return kernel_of([=](void* const* slots) {
      const Scratch scratch(scratch_bytes);
      const T* images = x.get<T>(slots, scratch);
      const T* gradient = dy.get<T>(slots, scratch);
      T* to = address<T>(slots, dw);
      const int64_t pixels = ConvSizes::volume(sizes.out);
      const int64_t image_size = ConvSizes::volume(sizes.in) * sizes.in_channels();
      parallel_for(sizes.groups * taps, 1, [&](int64_t begin, int64_t end, int) {
        const Scratch rows_scratch(static_cast<size_t>(block_pixels * sizes.c_in) * sizeof(T));
        T* rows = rows_scratch.at<T>();
        for (int64_t task = begin; task < end; ++task) {
          const int64_t group = task / taps;
          const ConvSizes::Extents tap = ConvSizes::place(sizes.kernel, task % taps);
          T* target = to + (group * sizes.c_out * taps + task % taps) * sizes.c_in;
          GemmLayout s = layout;
          gemm(s, gradient, rows, target, false);  // zeros, as k is 0
          for (int64_t first = 0; first < sizes.n * pixels; first += block_pixels) {
            s.k = std::min(block_pixels, sizes.n * pixels - first);
            for (int64_t i = 0; i < s.k; ++i) {
              const int64_t at = first + i;
              const int64_t pixel =
                  sizes.input_pixel(ConvSizes::place(sizes.out, at % pixels), tap);
              copy_channels(images + at / pixels * image_size + group * sizes.c_in, pixel,
                            sizes.in_channels(), sizes.c_in, rows + i * sizes.c_in);
            }
            gemm(s, gradient + first * sizes.out_channels() + group * sizes.c_out, rows, target,
                 true);
          }
        }
      });
    });
  });
}

}  // namespace lazulite::cpu
