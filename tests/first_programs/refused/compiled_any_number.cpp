// error: this function takes any number of arguments
#include "lazulite/lazulite.h"

auto f = lazulite::compile([](auto... x) { return lazulite::Arrays{x...}; });
