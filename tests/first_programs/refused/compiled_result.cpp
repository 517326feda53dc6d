// error: compile: the function must return void, an Array
#include "lazulite/lazulite.h"

auto f = lazulite::compile([](auto x) { return x.size(); });
