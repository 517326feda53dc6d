#include "lazulite/ops/custom.h"
#include "scenario.h"

// Programs that fail by themselves, and are told so, while something else fails beside.

namespace lazulite::faults {
namespace {

// The length of the sentence with which `call` is refused. Want of memory goes on.
Array refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const OutOfMemory&) {
    throw;
  } catch (const IndexError& error) {
    return Array(static_cast<int64_t>(std::string(error.what()).size()));
  }
  return Array(-1);
}

// An index is out of range in a compiled function that replaces cells.
class FailedCheck : public Case {
 public:
  FailedCheck() {
    step_ = compile([this](const Array& index) {
      a_ = a_.get() * 2.0f;
      b_ = b_.get() + take(a_.get(), index, 0);
      return sum(b_.get());
    });
    step_(Array({1, 2})).eval();
    for (const Array& array : state()) array.eval();
  }
  Arrays run() override {
    Arrays out{refused([&] { step_(Array({1, 9})).eval(); })};
    for (const Array& array : state()) out.push_back(array);
    return evaluated(out);
  }
  Arrays state() override { return {a_.get(), b_.get()}; }

 private:
  Cell a_{numbers({6})}, b_{numbers({2})};
  std::function<Array(const Array&)> step_;
};

// What does not depend on the index is there afterwards.
Arrays check_beside_others() {
  const Array x = numbers({40, 50}), shared = tanh(x) * 2.0f;
  const Array bad = sum(take(shared, Array({70}), 0)), good = sum(shared, {1});
  Arrays out{refused([&] { bad.eval(); }), good, shared};
  return evaluated(out);
}

// A batch that cannot be made, after some that can.
class HalfBroken : public data::Dataset {
 public:
  int64_t size() const override { return 9; }
  data::Batch get(std::span<const int64_t> indices, uint64_t) const override {
    if (indices[0] == 6) throw IndexError("the seventh image cannot be read");
    return {numbers({static_cast<int64_t>(indices.size()), 2}), Array(indices[0])};
  }
};

Arrays failing_loader(int workers) {
  data::DataLoader loader(std::make_shared<HalfBroken>(), {.batch_size = 3, .workers = workers});
  Arrays out;
  out.push_back(refused([&] {
    for (const data::Batch& batch : loader) out.push_back(batch.images);
  }));
  return evaluated(out);
}

}  // namespace

std::vector<Scenario> failing_scenarios() {
  return {
      {"failed_check", [] { return std::make_unique<FailedCheck>(); }},
      function("check_beside_others", check_beside_others),
      function("failing_loader", [] { return failing_loader(0); }),
      function("failing_loader_threads", [] { return failing_loader(2); }),
  };
}

}  // namespace lazulite::faults
