// What people who write both of these lines have to live with.
#include <iostream>
#include <string>
#include <vector>

#include "lazulite/lazulite.h"

using namespace std;
using namespace lazulite;

int main() {
  vector<float> values = {1, 2, 3, 4};
  Array x(values, {2, 2});
  string text = "sum ";
  cout << text << sum(x) << " " << max(x, 1) << " " << min(x, 0) << " " << abs(-x) << endl;
  std::cout << exp(x * 0.f) << " " << std::abs(-2) << " " << round(x / 2) << "\n";
  cout << x.std() << " " << stddev(x, 0) << " " << lazulite::std(x, {0, 1}) << " " << x.var(1)
       << "\n";
  cout << matmul(x, x) << " " << (x < 2.5f).any() << " " << copy(x)[0] << "\n";
}
