#include "cases/case.h"
#include "lazulite_side/operations.h"

using namespace lazulite;

namespace {

constexpr int64_t rows = 1024, columns = 256;  // 1 MB

// One row of a cache after the other.
std::function<void()> rows_of_a_cache() {
  auto cache = std::make_shared<Array>(zeros({rows, columns}));
  cache->eval();
  auto position = std::make_shared<int64_t>(0);
  return [cache, position, row = normal_numbers({1, columns})] {
    *position = (*position + 1) % 8;
    *cache = slice_update(*cache, row, {*position, 0}, {*position + 1, columns});
    cache->eval();
  };
}

std::function<void()> scatter_into(int64_t count) {
  auto table = std::make_shared<Array>(zeros({rows, columns}));
  table->eval();
  std::vector<int32_t> positions(static_cast<size_t>(count));
  for (size_t i = 0; i < positions.size(); ++i) {
    positions[i] = static_cast<int32_t>(i * 37 % static_cast<size_t>(rows));
  }
  return [table, indices = Array(positions, {count}), values = normal_numbers({count, columns})] {
    *table = scatter_add(*table, indices, values);
    table->eval();
  };
}

std::function<void()> take_rows(bool transposed) {
  const Array table = normal_numbers(transposed ? Shape{256, 65536} : Shape{65536, 256});
  std::vector<int32_t> positions(1024);
  for (size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int32_t>(i * 61 % 65536);
  return [x = transposed ? transpose(table) : table, indices = Array(positions, {1024})] {
    take(x, indices, 0).eval();
  };
}

std::function<void()> take_along(int axis) {
  const Array x = normal_numbers({1024, 1024});
  std::vector<int32_t> positions(size_t{1} << 20);
  for (size_t i = 0; i < positions.size(); ++i) {
    positions[i] = static_cast<int32_t>(i * 61 % 1024);
  }
  return [x, axis, indices = Array(positions, {1024, 1024})] {
    take_along_axis(x, indices, axis).eval();
  };
}

}  // namespace

std::vector<Case> update_cases() {
  return {
      {"row of a cache of 1 MB", rows_of_a_cache},
      {"scatter of 4 rows into 1 MB", [] { return scatter_into(4); }},
      {"scatter of 512 rows into 1 MB", [] { return scatter_into(512); }},
      {"take 1024 rows", [] { return take_rows(false); }},
      {"take 1024 rows of a transpose", [] { return take_rows(true); }},
      {"take along axis 0, 1024x1024", [] { return take_along(0); }},
      {"take along axis 1, 1024x1024", [] { return take_along(1); }},
  };
}
