// error: compile: the function's parameters must be Arrays
#include "lazulite/lazulite.h"

auto f = lazulite::compile([](lazulite::Array x, float y) { return x * y; });
