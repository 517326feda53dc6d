#include "onednn.h"

#include "timing.h"

#ifdef LAZULITE_WITH_ONEDNN
#include <cstring>
#include <dnnl.hpp>
#include <unordered_map>

namespace {

using dnnl::memory;

memory make_memory(const memory::desc& description, const dnnl::engine& engine) {
  memory result(description, engine);
  std::memset(result.get_data_handle(), 0, description.get_size());
  return result;
}

double time_primitive(const dnnl::primitive& primitive, dnnl::stream& stream, int repeats,
                      const std::unordered_map<int, memory>& arguments) {
  return least_ms(repeats, [&] {
    primitive.execute(stream, arguments);
    stream.wait();
  });
}

}  // namespace

OnednnTimes time_onednn(const lazulite::cpu::ConvShape& s, int repeats) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const auto describe = [](const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, memory::format_tag::any);
  };
  const memory::desc source = describe({s.n, s.c_in, s.h, s.w});
  const memory::desc weights = describe({s.c_out, s.c_in, s.kernel, s.kernel});
  const memory::desc bias = describe({s.c_out});
  const memory::desc result = describe({s.n, s.c_out, s.out_h(), s.out_w()});
  const memory::dims strides{1, 1}, pad{s.pad, s.pad};
  const auto algorithm = dnnl::algorithm::convolution_direct;

  const dnnl::convolution_forward::primitive_desc forward(engine, dnnl::prop_kind::forward_training,
                                                          algorithm, source, weights, bias, result,
                                                          strides, pad, pad);
  OnednnTimes times;
  times.forward = time_primitive(dnnl::convolution_forward(forward), stream, repeats,
                                 {{DNNL_ARG_SRC, make_memory(forward.src_desc(), engine)},
                                  {DNNL_ARG_WEIGHTS, make_memory(forward.weights_desc(), engine)},
                                  {DNNL_ARG_BIAS, make_memory(forward.bias_desc(), engine)},
                                  {DNNL_ARG_DST, make_memory(forward.dst_desc(), engine)}});

  const dnnl::convolution_backward_data::primitive_desc data(engine, algorithm, source, weights,
                                                             result, strides, pad, pad, forward);
  times.input_gradient =
      time_primitive(dnnl::convolution_backward_data(data), stream, repeats,
                     {{DNNL_ARG_DIFF_SRC, make_memory(data.diff_src_desc(), engine)},
                      {DNNL_ARG_WEIGHTS, make_memory(data.weights_desc(), engine)},
                      {DNNL_ARG_DIFF_DST, make_memory(data.diff_dst_desc(), engine)}});

  const dnnl::convolution_backward_weights::primitive_desc gradient(
      engine, algorithm, source, weights, result, strides, pad, pad, forward);
  times.weight_gradient =
      time_primitive(dnnl::convolution_backward_weights(gradient), stream, repeats,
                     {{DNNL_ARG_SRC, make_memory(gradient.src_desc(), engine)},
                      {DNNL_ARG_DIFF_WEIGHTS, make_memory(gradient.diff_weights_desc(), engine)},
                      {DNNL_ARG_DIFF_DST, make_memory(gradient.diff_dst_desc(), engine)}});
  return times;
}
#else
OnednnTimes time_onednn(const lazulite::cpu::ConvShape&, int) { return {}; }
#endif
