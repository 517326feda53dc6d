// Creation and random numbers, from a key and from the random state.
#include "fuzz/operation.h"

namespace lazulite::fuzz {
namespace {

using Draw = Array (*)(const Shape&, const Array& key);

bool choose_shape(Maker& maker, Value& value) {
  Shape shape = maker.shape();
  value.numbers = {Numbers(shape.begin(), shape.end())};
  return true;
}

void add_draw(Operations& all, const std::string& name, const std::string& source, Draw draw) {
  all.push_back({name, 3, source + ", $0)",
                 [](Maker& maker, Value& value) {
                   int key = maker.pick([](const Array& x) {
                     return x.dtype() == Dtype::uint32 && x.shape() == Shape{2};
                   });
                   if (key < 0) key = maker.add_input({2}, Dtype::uint32, Fill::key);
                   value.operands = {key};
                   return choose_shape(maker, value);
                 },
                 [draw](auto x, const auto& n) { return draw(to_shape(n[0]), x[0]); }});
  all.push_back({name + "_state", 1, source + ")", choose_shape,
                 [draw](auto, const auto& n) { return draw(to_shape(n[0]), Array()); }});
}

}  // namespace

void add_sources(Operations& all) {
  add_draw(all, "bits", "random::bits({#0}, 4",
           [](const Shape& s, const Array& key) { return random::bits(s, 4, key); });
  add_draw(all, "bits16", "random::bits({#0}, 2",
           [](const Shape& s, const Array& key) { return random::bits(s, 2, key); });
  add_draw(
      all, "uniform", "random::uniform({#0}, Dtype::float32",
      [](const Shape& s, const Array& key) { return random::uniform(s, Dtype::float32, key); });
  add_draw(
      all, "uniform_half", "random::uniform({#0}, Dtype::bfloat16",
      [](const Shape& s, const Array& key) { return random::uniform(s, Dtype::bfloat16, key); });
  add_draw(all, "normal", "random::normal({#0}, Dtype::float32, 0, 1",
           [](const Shape& s, const Array& key) {
             return random::normal(s, Dtype::float32, 0, 1, key);
           });
  add_draw(all, "truncated_normal", "random::truncated_normal(-1, 2, {#0}, Dtype::float32",
           [](const Shape& s, const Array& key) {
             return random::truncated_normal(-1.0, 2.0, s, Dtype::float32, key);
           });
  add_draw(all, "gumbel", "random::gumbel({#0}, Dtype::float32",
           [](const Shape& s, const Array& key) { return random::gumbel(s, Dtype::float32, key); });
  add_draw(all, "laplace", "random::laplace({#0}, Dtype::float32, 1, 2",
           [](const Shape& s, const Array& key) {
             return random::laplace(s, Dtype::float32, 1, 2, key);
           });
  add_draw(all, "bernoulli", "random::bernoulli(0.4, {#0}",
           [](const Shape& s, const Array& key) { return random::bernoulli(0.4, s, key); });
  add_draw(all, "randint", "random::randint(-7, 90, {#0}, Dtype::int32",
           [](const Shape& s, const Array& key) {
             return random::randint(int64_t{-7}, int64_t{90}, s, Dtype::int32, key);
           });
  all.push_back(
      {"arange", 4, "arange(#0, #1, #2, #d3)",
       [](Maker& maker, Value& value) {
         value.numbers = {{maker.below(9) - 4},
                          {maker.below(80)},
                          {1 + maker.below(3)},
                          {static_cast<int64_t>(maker.dtype())}};
         return true;
       },
       [](auto, const auto& n) { return arange(n[0][0], n[1][0], n[2][0], to_dtype(n[3])); }});
  all.push_back({"linspace", 2, "linspace(#0, #1, #2)",
                 [](Maker& maker, Value& value) {
                   value.numbers = {{maker.below(9) - 4}, {maker.below(9)}, {maker.size()}};
                   return true;
                 },
                 [](auto, const auto& n) { return linspace(n[0][0], n[1][0], n[2][0]); }});
  all.push_back(
      {"eye", 2, "eye(#0, #1, #2)",
       [](Maker& maker, Value& value) {
         value.numbers = {{maker.size()}, {maker.size()}, {maker.below(5) - 2}};
         return true;
       },
       [](auto, const auto& n) { return eye(n[0][0], n[1][0], static_cast<int>(n[2][0])); }});
  all.push_back(
      {"full", 6, "full({#0}, #1, #d2)",
       [](Maker& maker, Value& value) {
         choose_shape(maker, value);
         value.numbers.push_back({maker.below(5)});
         value.numbers.push_back({static_cast<int64_t>(maker.dtype())});
         return true;
       },
       [](auto, const auto& n) { return full(to_shape(n[0]), Scalar(n[1][0]), to_dtype(n[2])); }});
}

}  // namespace lazulite::fuzz
