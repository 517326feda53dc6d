#include "scenario.h"

namespace lazulite::faults {
namespace {

// The arrays that a function makes are kept pending from before the failure, and used after it.
class Pending : public Case {
 public:
  Pending() : x_(numbers({40, 30})), shared_(exp(x_) * 2.0f) {
    y_ = sum(shared_ + 1.0f, {0});
    z_ = shared_ - 3.0f;
  }
  Arrays run() override { return evaluated({y_, z_}); }
  Arrays state() override { return {x_}; }

 private:
  Array x_, shared_, y_, z_;
};

class WarmCompiled : public Case {
 public:
  WarmCompiled() {
    function_ = compile([](const Array& x) { return sum(tanh(x) * x, {1}); });
    function_(x_).eval();
  }
  Arrays run() override { return evaluated({function_(x_)}); }
  Arrays state() override { return {x_}; }

 private:
  Array x_ = numbers({30, 20});
  std::function<Array(const Array&)> function_;
};

// A compiled function that reads and writes cells: an error leaves both as they were.
class CompiledCells : public Case {
 public:
  CompiledCells() {
    step_ = compile([this](const Array& x) {
      a_ = a_.get() + x;
      b_ = b_.get() * 2.0f + sum(x);
      return sum(a_.get());
    });
  }
  Arrays run() override { return evaluated({step_(x_)}); }
  Arrays state() override { return {a_.get(), b_.get()}; }

 private:
  Array x_ = numbers({8});
  Cell a_{numbers({8})}, b_{numbers({3})};
  std::function<Array(const Array&)> step_;
};

// Rows are written into a cache, in place where nobody else holds it.
class Cache : public Case {
 public:
  Cache() {
    append_ = compile([this](const Array& row, Array cache) {
      count_ = count_.get() + 1;
      return slice_update(std::move(cache), row, {2, 0}, {3, 6});
    });
    append_(numbers({1, 6}), numbers({50, 6})).eval();
    count_.get().eval();
  }
  Arrays run() override {
    Array cache = append_(row_, numbers({50, 6}));
    cache = slice_update(std::move(cache), row_, {7, 0}, {8, 6});
    cache = scatter_add(std::move(cache), Array({3, 3}), numbers({2, 6}));
    return evaluated({cache});
  }
  Arrays state() override { return {row_, count_.get()}; }

 private:
  Array row_ = numbers({1, 6});
  Cell count_{Array(0).eval()};
  std::function<Array(const Array&, Array)> append_;
};

Arrays streams() {
  const Array x = numbers({150, 130});
  Array y, z;
  {
    StreamScope scope(Stream{default_device(), 1});
    y = tanh(x) * 2.0f;
  }
  {
    StreamScope scope(Stream{default_device(), 2});
    z = sum(y + x, {0});
  }
  return evaluated({y, z, z - 1.0f});
}

Arrays errors() {
  Arrays out;
  auto refused = [&](auto&& call) {
    try {
      call();
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& error) {
      out.push_back(Array(static_cast<int64_t>(std::string(error.what()).size())));
    }
  };
  const Array x = numbers({2, 3});
  refused([&] { x + numbers({4}); });
  refused([&] { matmul(x, x); });
  refused([&] { reshape(x, {5}); });
  refused([&] { concatenate({x, numbers({2, 2})}); });
  refused([&] { compile([&](const Array& a) { return x.item<float>() + a; })(x); });
  refused([&] {
    Array leaked;
    compile([&](const Array& a) { return leaked = a * 2.0f; })(x);
  });
  return out;
}

}  // namespace

Array numbers(const Shape& shape, Dtype dtype) {
  std::vector<double> values;
  for (int64_t i = 0; i < element_count(shape); ++i) {
    values.push_back(0.25 * static_cast<double>(i * 7 % 10) - 1);
  }
  return Array(values, shape).astype(dtype).eval();
}

std::vector<Scenario> graph_scenarios() {
  return {
      function("build",
               [] {
                 const Array x = numbers({4, 5});
                 Array y = x;
                 for (int i = 0; i < 20; ++i) y = maximum(y * 0.5f + x, -y);
                 return Arrays{x};
               }),
      function("fuse",
               [] {
                 const Array x = numbers({50, 40});
                 Array y = x;
                 for (int i = 0; i < 8; ++i) y = tanh(y) * 1.5f + x;
                 return evaluated({y, sum(y, {0}), max(y)});
               }),
      function("views",
               [] {
                 const Array x = numbers({6, 8});
                 return evaluated(
                     {x.T().reshape({3, 16}), flip(x, {1}) + 0.0f, slice(x, {1, 2}, {5, 8}, {2, 3}),
                      concatenate({x, x.reshape({6, 8})}, 1), pad(x, 1), split(x, 2, 1)[1] * 2.0f});
               }),
      function("reductions",
               [] {
                 const Array x = numbers({7, 9, 5});
                 return evaluated({sum(x), mean(x, {1}), var(x, Axes{0, 2}), argmax(x, 1),
                                   prod(x, {2}), logsumexp(x, Axes{2}), softmax(x, Axes{1})});
               }),
      function("dtypes",
               [] {
                 Arrays out;
                 for (Dtype d : {Dtype::bool_, Dtype::uint8, Dtype::int64, Dtype::float16,
                                 Dtype::bfloat16, Dtype::float64, Dtype::complex64}) {
                   out.push_back(numbers({33}, d) + numbers({33}, d));
                 }
                 return evaluated(out);
               }),
      function("products",
               [] {
                 const Array a = numbers({2, 33, 40}), b = numbers({40, 17});
                 return evaluated(
                     {matmul(a, b), matmul(a, swapaxes(a, 1, 2)),
                      matmul(b.T().astype(Dtype::bfloat16), numbers({40}, Dtype::bfloat16))});
               }),
      function("conv_block",
               [] {
                 const Array x = numbers({4, 12, 12, 3}), w = numbers({16, 3, 3, 3});
                 return evaluated(
                     {max_pool2d(maximum(conv2d(x, w, 1, 1) + numbers({16}), 0.0f), 2)});
               }),
      function("convolutions",
               [] {
                 const Array x = numbers({2, 9, 9, 4});
                 return evaluated({conv2d(x, numbers({6, 3, 3, 4}), 2, 1),
                                   conv2d(x, numbers({4, 3, 3, 2}), 1, 1, 1, 2),
                                   avg_pool2d(x, 3, 2, 1)});
               }),
      function("indexing",
               [] {
                 const Array x = numbers({9, 4}), i = Array({3, 0, 8, 3});
                 return evaluated({take(x, i, 0), x[{Slice{1, 7, 2}, newaxis, 2}],
                                   scatter_add(x, i, numbers({4, 4})),
                                   slice_update(x, numbers({2, 4}), {3, 0}, {5, 4})});
               }),
      function("cumulative",
               [] {
                 const Array x = numbers({30, 40});
                 return evaluated({cumsum(x, 0), cumsum(x, 1, true), cumsum(x)});
               }),
      function("random",
               [] {
                 random::seed(5);
                 return evaluated({random::normal({50}), random::randint(0, 9, {20}),
                                   random::split(random::key(3), 4), random::state().get()});
               }),
      function("read",
               [] {
                 const Array x = numbers({5, 6}), y = x.T() * 2.0f, t = x.T();
                 const double first = t.data<float>()[1];
                 const std::vector<double> values = y.to_vector<double>();
                 return Arrays{Array({first, values[3], sum(y).item<double>(),
                                      static_cast<double>(x.to_string().size())})};
               }),
      function("async",
               [] {
                 // Beyond 64 KiB, so that the executor runs it.
                 const Array x = numbers({300, 200});
                 Array y = x;
                 for (int i = 0; i < 3; ++i) {
                   y = y * 0.5f + x;
                   async_eval({y});
                 }
                 return evaluated({y, sum(y)});
               }),
      function("gradient",
               [] {
                 const Array x = numbers({6, 5}), w = numbers({5, 4});
                 const auto loss = [](const Arrays& in) {
                   return Arrays{sum(square(tanh(matmul(in[0], in[1]))))};
                 };
                 const auto [values, gradients] = value_and_grad(loss, {0, 1})({x, w});
                 return evaluated({values[0], gradients[0], gradients[1]});
               }),
      function("second_gradient",
               [] {
                 const auto f = [](const Array& x) { return sum(exp(x) * x); };
                 const auto g = [f](const Array& x) {
                   return sum(grad(std::function<Array(const Array&)>(f))(x));
                 };
                 return evaluated({grad(std::function<Array(const Array&)>(g))(numbers({7}))});
               }),
      function("another_device",
               [] {
                 const Array x = numbers({6, 6});
                 DeviceScope scope{Device("reference")};
                 return evaluated({matmul(x, x) + 1.0f, sum(x, {0})});
               }),
      function("compile",
               [] {
                 const auto f = compile([](const Array& x, const Array& y) {
                   return std::pair(sum(tanh(x) * y), softmax(y, Axes{0}));
                 });
                 const auto [a, b] = f(numbers({5, 4}), numbers({5, 4}));
                 return evaluated({a, b});
               }),
      function("errors", errors),
      function("streams", streams),
      {"cache", [] { return std::make_unique<Cache>(); }},
      {"pending", [] { return std::make_unique<Pending>(); }},
      {"warm_compiled", [] { return std::make_unique<WarmCompiled>(); }},
      {"compiled_cells", [] { return std::make_unique<CompiledCells>(); }},
  };
}

}  // namespace lazulite::faults
