#include <lazulite/lazulite.h>

#include <cstdio>

int main() {
  lazulite::Array sum = lazulite::Array({1.0f, 2.0f, 3.0f}) + lazulite::Array({4.0f, 5.0f, 6.0f});
  std::puts(lazulite::print(sum).c_str());
}
