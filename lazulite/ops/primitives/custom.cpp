#include "lazulite/ops/primitives/custom.h"

#include <atomic>
#include <utility>

#include "lazulite/core/event.h"
#include "lazulite/core/fork.h"
#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/primitives/named_operation.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_TYPE(Custom);

// What there is to an operation of the library is its name.
extern const FieldAccess fields_Custom;
constinit const FieldAccess fields_Custom = {
    [](const Primitive& p) -> Fields {
      return {{std::string(NamedOperation::name_of(*definition::value_of<Custom>(p).operation))}};
    },
    [](const Fields& fields) -> PrimitivePtr {
      std::string name;
      if (fields.size() == 1) from_field(fields[0], name);
      auto operation = NamedOperation::named(name);
      if (!operation) throw Error(fmt::format("the library has no operation '{}'", name));
      return make_primitive(Custom{std::move(operation)});
    },
    [](const Primitive& p) {
      return NamedOperation::name_of(*definition::value_of<Custom>(p).operation) != nullptr;
    }};

const char* NamedOperation::name_of(const CustomOperation& operation) {
  for (const NamedOperation* one = first_; one; one = one->next_) {
    if (one->get_().get() == &operation) return one->name_;
  }
  return nullptr;
}

std::shared_ptr<const CustomOperation> NamedOperation::named(std::string_view name) {
  for (const NamedOperation* one = first_; one; one = one->next_) {
    if (one->name_ == name) return one->get_();
  }
  return nullptr;
}

void NamedOperation::make_all() {
  for (const NamedOperation* one = first_; one; one = one->next_) (void)one->get_();
}

namespace {
[[maybe_unused]] const bool made =
    (add_fork_handler(made_before_forks<NamedOperation::make_all>()), true);
}  // namespace

UniqueNumber::UniqueNumber() {
  static std::atomic<uint64_t> last{0};
  number_ = ++last;
}

namespace {

thread_local const CustomOperation* running = nullptr;

}  // namespace

const CustomOperation* running_operation() { return running; }

void run_operation(const CustomOperation& operation, std::span<const HostArray> inputs,
                   std::span<const HostArray> outputs) {
  struct Running {
    explicit Running(const CustomOperation* now) : before(std::exchange(running, now)) {}
    ~Running() { running = before; }
    const CustomOperation* before;
  } const scope(&operation);
  try {
    operation.run(inputs, outputs);
  } catch (...) {
    throw OperationFailure{std::current_exception()};
  }
}

ArrayTypes infer(const Custom& p, InputTypes inputs) {
  ArrayTypes types = p.operation->infer(inputs);
  if (types.empty()) throw Error(fmt::format("{}: it has no outputs", p.operation->name));
  return types;
}

}  // namespace lazulite
