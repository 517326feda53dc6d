// Sizes as programs have them: of containers, in loops, in every type of whole number.
#include <algorithm>
#include <iostream>
#include <map>
#include <vector>

#include "lazulite/lazulite.h"

using namespace lazulite;

int main() {
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  size_t rows = 2, columns = values.size() / rows;
  int n = 2;
  Array x(values, Shape{rows, columns});
  Array y(values, {columns, rows});
  Array line(values);
  std::cout << x.shape(1) << " " << y.shape(0) << " " << line.shape(0) << "\n";
  std::cout << zeros({rows, 3}).size() << " " << ones(rows).size() << " " << full({n, n}, 7)
            << "\n";
  std::cout << x.reshape({columns, rows}).shape(0) << " "
            << broadcast_to(x, {n, rows, columns}).ndim() << "\n";
  for (size_t i = 0; i < rows; ++i) std::cout << x[i].sum() << " " << x[{i, 0}] << " ";
  uint8_t last = 1;
  std::cout << x[last].max() << " " << x[{Slice{0, rows}, last}] << "\n";
  std::cout << Array(std::vector<bool>{true, false}, 2) << "\n";
  try {
    zeros(~size_t{0});
  } catch (const ValueError& error) {
    std::cout << error.what() << "\n";
  }

  // Arrays in containers.
  std::vector<Array> arrays = {Array(3), Array(1), Array(2)};
  std::swap(arrays[0], arrays[2]);
  std::sort(arrays.begin(), arrays.end(),
            [](const Array& a, const Array& b) { return a.item<int>() < b.item<int>(); });
  arrays.erase(arrays.begin());
  arrays.insert(arrays.begin(), Array(7));
  std::map<std::string, Array> named;
  named["a"] = arrays[0];
  auto [first, second] = std::pair(arrays[1], std::move(arrays[2]));
  std::tie(first, second) = std::pair(second, first);
  std::cout << named["a"] << " " << first << " " << second << " " << arrays[2].valid() << "\n";
}
