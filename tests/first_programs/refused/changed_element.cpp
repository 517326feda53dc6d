// error: operator\+=|overloaded '\+='|cannot bind
#include "lazulite/lazulite.h"

void f(lazulite::Array x, lazulite::Array y) { x[0] += y; }
