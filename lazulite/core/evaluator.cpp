#include "lazulite/core/evaluator.h"

namespace lazulite {
namespace {

Evaluator* registered = nullptr;

}  // namespace

Evaluator& evaluator() { return *registered; }
void set_evaluator(Evaluator& evaluator) { registered = &evaluator; }

}  // namespace lazulite
