#include "lazulite/core/shape.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"

namespace lazulite {
namespace {

constexpr int64_t tera = int64_t{1} << 40;
constexpr int64_t highest = std::numeric_limits<int64_t>::max();

TEST(Shape, ChecksThatItsBytesCanBeCounted) {
  EXPECT_NO_THROW(check_shape({highest}, 1, "test"));
  EXPECT_THROW(check_shape({highest}, 2, "test"), Error);
  EXPECT_NO_THROW(check_shape({tera, 1 << 20}, 4, "test"));
  EXPECT_THROW(check_shape({tera, 1 << 21}, 4, "test"), Error);
  // Strides of an empty array have to be countable, too.
  EXPECT_THROW(check_shape({0, tera, tera}, 1, "test"), Error);
  EXPECT_THROW(check_shape({tera, tera, 0}, 1, "test"), Error);
  EXPECT_THROW(check_shape({0, -1}, 1, "test"), Error);
  EXPECT_THROW(element_count(Shape{tera, tera}), Error);
  EXPECT_THROW(add_sizes(highest, 1, "test"), Error);
  EXPECT_THROW(multiply_sizes(tera, -tera, "test"), Error);
  EXPECT_EQ(add_sizes(highest, -1, "test"), highest - 1);
}

void expect_sentence(const char* operation, const std::function<Array()>& call) {
  try {
    Array made = call();
    ADD_FAILURE() << operation << " made an array of shape " << to_string(made.shape());
  } catch (const Error& error) {
    std::string sentence = error.what();
    EXPECT_EQ(sentence.find(operation), 0u) << sentence;
    EXPECT_GT(sentence.size(), 30u);
  }
}

// What used to wrap around, read other memory or never end.
TEST(Shape, IsCheckedWhereverArraysAreMade) {
  const int64_t beyond = int64_t{1} << 62;
  Array row = ones({1 << 30}), column = row.reshape({1 << 30, 1}), x = ones({2, 3});
  float memory[6] = {};
  auto nothing = [](void*) {};
  expect_sentence("zeros", [] { return zeros({tera, tera}); });
  expect_sentence("ones", [&] { return ones({beyond}) + 1; });
  expect_sentence("full", [] { return full({-1}, 3); });
  expect_sentence("full", [] { return full({2, -3}, Array(3)); });
  expect_sentence("reshape", [&] { return reshape(ones({16}), {(int64_t{1} << 60) + 1, 16}); });
  expect_sentence("reshape", [&] { return reshape(x, {-1, tera, tera}); });
  expect_sentence("unflatten", [&] { return unflatten(x, 1, {tera, tera, -1}); });
  expect_sentence("from_buffer",
                  [&] { return Array::from_buffer(memory, {-1}, Dtype::float32, nothing); });
  expect_sentence("from_buffer", [&] {
    return Array::from_buffer(memory, {-2, -3}, Dtype::float32, nothing);
  });
  expect_sentence("from_buffer", [&] {
    return Array::from_buffer(memory, {tera, tera}, Dtype::int8, nothing);
  });
  expect_sentence("array", [] { return Array(std::vector<int>{1}, {-1, -1}); });
  expect_sentence("array", [] { return Array(std::vector<int>{1}, {(tera << 20) + 1, 1 << 20}); });
  Array half = zeros({int64_t{1} << 60});
  expect_sentence("concatenate", [&] { return concatenate({half, half}); });
  expect_sentence("stack", [&] { return stack({half, half}); });
  expect_sentence("broadcast_to", [&] { return broadcast_to(x, {tera, tera, 2, 3}); });
  expect_sentence("broadcast_to", [&] { return broadcast_to(x, {-1, 2, 3}); });
  expect_sentence("add", [&] { return broadcast_to(row, {4, 1 << 30}) + column; });
  expect_sentence("outer", [&] { return outer(broadcast_to(row, {4, 1 << 30}), row); });
  expect_sentence("pad", [&] { return pad(x, highest); });
  expect_sentence("pad", [&] { return pad(x, beyond); });
  expect_sentence("pad_edge", [&] { return pad_edge(x, {{beyond, 0}, {0, 0}}); });
  expect_sentence("repeat", [&] { return repeat(x, highest); });
  expect_sentence("repeat", [&] { return repeat(x, beyond, 0); });
  expect_sentence("tile", [&] { return tile(x, {highest, highest}); });
  expect_sentence("tile", [&] { return tile(x, {tera, tera}); });
  expect_sentence("matmul", [&] {
    return matmul(broadcast_to(column, {4, 1 << 30, 1}), ones({1, 1 << 30}));
  });
  expect_sentence("tensordot", [&] { return tensordot(row, broadcast_to(row, {4, 1 << 30}), 0); });
  expect_sentence("eye", [] { return eye(tera * 1024, tera); });
  expect_sentence("tri", [] { return tri(tera * 1024, tera); });
  expect_sentence("eye", [] { return eye(highest, 1, 4); });
  expect_sentence("tri", [] { return tri(highest, 0, 4); });
  expect_sentence("eye", [] { return eye(tera); });
  expect_sentence("eye", [] { return eye(tera, 1); });
  expect_sentence("arange", [] { return arange(0, highest); });
  expect_sentence("uniform", [] { return random::uniform({tera, tera}); });
  expect_sentence("normal", [] { return random::normal({-1}); });
  Array places = broadcast_to(Array({0}), {1 << 30, 1 << 29});
  expect_sentence("take", [&] { return take(ones({2, 8}), places, 0); });
  const int far = std::numeric_limits<int>::max();
  expect_sentence("conv2d", [&] {
    return conv2d(broadcast_to(ones({1}), {1, 4, 4, 1}), ones({1, 3, 3, 1}), 1, 0, far);
  });
  expect_sentence("conv2d", [&] { return conv2d(ones({1, 1, 1, 1}), ones({1, 1, 1, 1}), 1, far); });
  expect_sentence("max_pool2d", [&] {
    return max_pool2d(ones({1, 4, 4, 1}), {2, 2}, {1, 1}, {far, far});
  });
}

TEST(Shape, OfHugeArraysCostsNothingUntilTheyAreWritten) {
  Array x = zeros({tera, 1 << 10});
  EXPECT_EQ(x.size(), tera << 10);
  EXPECT_EQ(x.to_string().substr(0, 17), "array([[0, 0, 0, ");
  EXPECT_EQ((x.T()[{Slice{0, 2}, 5}] + 1).to_vector<float>(), (std::vector<float>{1, 1}));
  EXPECT_THROW((x + 1).eval(), OutOfMemory);
  EXPECT_THROW(x.data<float>(), Error);
  EXPECT_THROW(x.to_vector<float>(), OutOfMemory);
  Array large = ones({int64_t{1} << 60});
  EXPECT_THROW((exp(large) + flip(cumsum(large))).eval(), Error);
  EXPECT_THROW(copy(large).eval(), OutOfMemory);
  EXPECT_EQ(ones({2}).to_string(), "array([1, 1], dtype=float32)");
}

TEST(Shape, HasAnyNumberOfAxes) {
  const size_t many = 100000;
  Shape shape(many, 1);
  shape.back() = 2;
  Array x = Array({1, 2}).reshape(shape);
  std::string text = x.to_string();
  EXPECT_EQ(text,
            "array(" + std::string(many, '[') + "1, 2" + std::string(many, ']') + ", dtype=int32)");
  EXPECT_EQ(squeeze(x + 1).to_vector<int>(), (std::vector<int>{2, 3}));
}

TEST(Shape, OfPrintedArraysIsThatOfMlx) {
  EXPECT_EQ(zeros({0, 3}).to_string(), "array([], dtype=float32)");
  EXPECT_EQ(zeros({2, 0}).to_string(), "array([[],\n       []], dtype=float32)");
  EXPECT_EQ(Array(1.5).to_string(), "array(1.5, dtype=float32)");
  EXPECT_EQ(arange(12).reshape({2, 2, 3}).to_string(),
            "array([[[0, 1, 2],\n        [3, 4, 5]],\n       [[6, 7, 8],\n        [9, 10, 11]]], "
            "dtype=int32)");
  EXPECT_EQ(arange(16).reshape({8, 2}).to_string(),
            "array([[0, 1],\n       [2, 3],\n       [4, 5],\n       ...,\n       [10, 11],\n"
            "       [12, 13],\n       [14, 15]], dtype=int32)");
  EXPECT_EQ(arange(100).to_string(), "array([0, 1, 2, ..., 97, 98, 99], dtype=int32)");
}

}  // namespace
}  // namespace lazulite
