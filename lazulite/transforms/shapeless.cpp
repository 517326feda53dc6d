#include "lazulite/transforms/shapeless.h"

#include <fmt/format.h>

#include <map>
#include <unordered_set>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/program/linearize.h"
#include "lazulite/transforms/tape.h"

namespace lazulite {
namespace {

[[noreturn]] void cannot_follow(const char* operation, const Shape& before, const Shape& now) {
  throw ValueError(fmt::format(
      "shapeless: {} was traced for an input of shape {}, and does not say what it is of shape {}: "
      "trace the function without shapeless=True",
      operation, to_string(before), to_string(now)));
}

// What sizes have become, as far as arrays tell.
class Sizes {
 public:
  void learn(const Shape& before, const Shape& now) {
    if (before.size() != now.size()) return;
    for (size_t i = 0; i < before.size(); ++i) {
      auto [known, is_new] = now_.try_emplace(before[i], now[i]);
      if (!is_new && known->second != now[i]) unclear_.insert(before[i]);
    }
  }
  // Of what is made on the way, only sizes that no argument has.
  void learn_more(const Shape& before, const Shape& now, const Sizes& of_arguments) {
    if (before.size() != now.size()) return;
    for (size_t i = 0; i < before.size(); ++i) {
      if (!of_arguments.now_.contains(before[i])) learn({before[i]}, {now[i]});
    }
  }
  // The size itself where no array has it.
  int64_t of(int64_t before, const char* operation) const {
    if (before == 1) return 1;
    auto found = now_.find(before);
    if (found == now_.end()) return before;
    if (unclear_.contains(before)) {
      throw ValueError(fmt::format(
          "shapeless: {} has an axis of size {}, as arrays have that now differ in theirs: trace "
          "the function without shapeless=True",
          operation, before));
    }
    return found->second;
  }
  Shape of(const Shape& before, const char* operation) const {
    Shape out;
    for (int64_t size : before) out.push_back(of(size, operation));
    return out;
  }

 private:
  std::map<int64_t, int64_t> now_;
  std::unordered_set<int64_t> unclear_;
};

int64_t product(const Shape& shape, size_t from, size_t to) {
  int64_t out = 1;
  for (size_t i = from; i < to; ++i) out *= shape[i];
  return out;
}

// A part of a reshape: input axes [i0, i1) become output axes [j0, j1).
void follow_group(const Shape& x_before, const Shape& y_before, const Shape& x_now, size_t i0,
                  size_t i1, size_t j0, size_t j1, Shape& out) {
  const int64_t size = product(x_now, i0, i1);
  if (product(x_before, i0, i1) == size) {
    for (size_t j = j0; j < j1; ++j) out.push_back(y_before[j]);
    return;
  }
  // The first axis takes what has changed.
  const int64_t others = product(y_before, j0 + 1, j1);
  if (j0 == j1 || others == 0 || size % others != 0) cannot_follow("reshape", x_before, x_now);
  out.push_back(size / others);
  for (size_t j = j0 + 1; j < j1; ++j) out.push_back(y_before[j]);
}

// The shape of a reshape whose input has another shape now: axes that were kept, joined, divided,
// added or dropped are so again.
Shape follow_reshape(const Shape& x_before, const Shape& y_before, const Shape& x_now) {
  if (x_before == x_now) return y_before;
  if (element_count(x_before) == 0) cannot_follow("reshape", x_before, x_now);
  Shape out;
  size_t i = 0, j = 0;
  while (i < x_before.size() || j < y_before.size()) {
    const bool has_x = i < x_before.size(), has_y = j < y_before.size();
    if (has_x && has_y && x_before[i] == y_before[j]) {
      out.push_back(x_now[i++]);
      ++j;
    } else if (has_y && y_before[j] == 1) {
      out.push_back(1);
      ++j;
    } else if (has_x && x_before[i] == 1) {
      if (x_now[i] != 1) cannot_follow("reshape", x_before, x_now);
      ++i;
    } else {
      size_t i1 = i + 1, j1 = j + 1;
      while (product(x_before, i, i1) != product(y_before, j, j1)) {
        const bool grow_x = product(x_before, i, i1) < product(y_before, j, j1);
        if (grow_x ? i1 == x_before.size() : j1 == y_before.size()) {
          cannot_follow("reshape", x_before, x_now);
        }
        ++(grow_x ? i1 : j1);
      }
      follow_group(x_before, y_before, x_now, i, i1, j, j1, out);
      i = i1, j = j1;
    }
  }
  return out;
}

Shape follow_broadcast(const Shape& x_before, const Shape& y_before, const Shape& x_now,
                       const Sizes& sizes) {
  Shape out;
  const size_t added = y_before.size() - x_before.size();
  for (size_t j = 0; j < y_before.size(); ++j) {
    const bool kept = j >= added && x_before[j - added] == y_before[j];
    out.push_back(kept ? x_now[j - added] : sizes.of(y_before[j], "broadcast"));
  }
  return out;
}

// Only axes of which everything is shown may change.
void expect_whole_axes(const char* operation, const Shape& x_before, const Shape& x_now,
                       const Starts& starts, const Starts& steps, const Shape& part) {
  for (size_t i = 0; i < x_before.size(); ++i) {
    const bool whole = starts[i] == 0 && steps[i] == 1 && part[i] == x_before[i];
    if (x_before[i] != x_now[i] && !whole) cannot_follow(operation, x_before, x_now);
  }
}

const CheckIndex* check_of(const Array& indices, Array& check) {
  check = indices;
  while (Node* node = check.node()) {
    if (!node->primitive) return nullptr;
    if (const auto* found = node->primitive->get_if<CheckIndex>()) return found;
    const bool goes_on = is_view(*node->primitive) || node->primitive->get_if<Cast>();
    if (!goes_on || node->inputs.empty()) return nullptr;
    check = Array(node->inputs[0]);
  }
  return nullptr;
}

// The nodes in the order in which they can be made.
std::vector<Array> ordered(const Arrays& results) {
  std::lock_guard lock(graph_mutex());
  std::vector<Node*> roots;
  for (const Array& result : results) roots.push_back(result.node());
  std::vector<Array> out;
  for (Node* node : topological_order(roots)) out.emplace_back(node, 0);
  return out;
}

// What indices are checked against: an axis of an array, and so many places more.
struct CheckedAxis {
  Array of;
  size_t axis;
  int64_t more;
};

class Rebuild {
 public:
  // Nodes that were made before the one with the number `first` are constants.
  Rebuild(const Arrays& before, const Arrays& now, const ShapeNotes& notes, uint64_t first)
      : notes_(notes), first_(first) {
    for (size_t i = 0; i < before.size(); ++i) {
      now_[before[i]] = now[i];
      sizes_.learn(before[i].shape(), now[i].shape());
    }
    of_arguments_ = sizes_;
  }

  Arrays run(const Arrays& results) {
    const std::vector<Array> nodes = ordered(results);
    for (const Array& array : nodes) find_checked(*array.node());
    for (const Array& array : nodes) make(array);
    Arrays out;
    for (const Array& result : results) out.push_back(now(result));
    return out;
  }

 private:
  Array now(const Array& before) const {
    Array found = now_.get(before.node(), before.output());
    return found.valid() ? found : before;
  }

  // Indices are checked against an axis of what they pick from.
  void find_checked(const Node& node) {
    if (!node.primitive) return;
    auto note = [&](size_t input, int axis, int64_t more = 0) {
      Array check;
      if (check_of(Array(node.inputs[input]), check)) {
        checked_.try_emplace(check.node(),
                             CheckedAxis{Array(node.inputs[0]), static_cast<size_t>(axis), more});
      }
    };
    const Primitive& p = *node.primitive;
    if (const auto* gather = p.get_if<Gather>()) note(1, gather->axis);
    if (const auto* gather = p.get_if<GatherAlong>()) note(1, gather->axis);
    if (const auto* scatter = p.get_if<ScatterAdd>()) note(1, scatter->axis);
    if (const auto* scatter = p.get_if<ScatterAlong>()) note(1, scatter->axis);
    const auto* call = p.get_if<Call>();
    if (call && call->id == CallId::segmented_mm) note(2, 1, 1);
    const auto* points = p.get_if<GatherPoints>();
    const auto* updates = p.get_if<ScatterPoints>();
    const Axes* axes = points ? &points->axes : updates ? &updates->axes : nullptr;
    for (size_t i = 0; axes && i < axes->size(); ++i) note(i + 1, (*axes)[i]);
  }

  // Its shape now; what it is made of may come later in the order, or not lead to a result at all.
  Shape shape_now(const Array& array) {
    for (const Array& part : ordered({array})) make(part);
    return now(array).shape();
  }

  void make(const Array& array) {
    Node* node = array.node();
    if (!node->primitive || node->sequence < first_ || now_.get(node, 0).valid()) return;
    // Also what does not depend on the arguments: what is given to a caller may be evaluated, and
    // would then be known no longer for a node of the trace.
    SmallVector<Array, 2> inputs;
    for (const Array& input : node->inputs) inputs.push_back(now(input));
    PrimitivePtr primitive = adapted(array, inputs);
    StreamScope scope(node->stream);
    std::vector<Array> outputs = remake(std::move(primitive), std::move(inputs));
    for (uint32_t i = 0; i < outputs.size(); ++i) {
      sizes_.learn_more(node->outputs[i].shape, outputs[i].shape(), of_arguments_);
      now_[Array(node, i)] = outputs[i];
    }
  }

  PrimitivePtr adapted(const Array& array, const SmallVector<Array, 2>& inputs) {
    const Node& node = *array.node();
    const Primitive& p = *node.primitive;
    const Shape& before = node.outputs[0].shape;
    if (p.get_if<Arange>()) return adapted_range(array);
    if (inputs.empty()) return node.primitive;
    const Shape &x_before = node.inputs[0].shape(), &x_now = inputs[0].shape();
    const Shape* asked = notes_.of(array);
    if (p.get_if<Reshape>()) {
      const Array* like = notes_.like(array);
      Shape shape = like    ? leading_as(shape_now(*like), x_now)
                    : asked ? completed(*asked, x_before, x_now)
                            : follow_reshape(x_before, before, x_now);
      return shape == before ? node.primitive : make_primitive(Reshape{shape});
    }
    if (p.get_if<Broadcast>()) {
      const Array* like = notes_.like(array);
      Shape shape = like    ? shape_now(*like)
                    : asked ? *asked
                            : follow_broadcast(x_before, before, x_now, sizes_);
      return shape == before ? node.primitive : make_primitive(Broadcast{shape});
    }
    if (const auto* slice = p.get_if<SliceView>()) {
      expect_whole_axes("slice", x_before, x_now, slice->starts, slice->steps, slice->shape);
      Shape shape = slice->shape;
      for (size_t i = 0; i < shape.size(); ++i) {
        if (x_before[i] != x_now[i]) shape[i] = x_now[i];
      }
      return make_primitive(SliceView{slice->starts, slice->steps, shape});
    }
    if (const auto* update = p.get_if<SliceUpdate>()) {
      const Shape &part = node.inputs[1].shape(), &part_now = inputs[1].shape();
      expect_whole_axes("slice_update", x_before, x_now, update->starts, update->steps, part);
      for (size_t i = 0; i < part.size(); ++i) {
        if (part[i] != part_now[i] && x_before[i] == x_now[i]) {
          cannot_follow("slice_update", part, part_now);
        }
      }
      return node.primitive;
    }
    if (const auto* check = p.get_if<CheckIndex>()) {
      auto found = checked_.find(&node);
      CheckIndex changed = *check;
      if (found == checked_.end()) {
        changed.size = sizes_.of(check->size, "an index");
      } else {
        const auto& [of, axis, more] = found->second;
        changed.size = shape_now(of)[axis] + more;
      }
      return make_primitive(std::move(changed));
    }
    return with_shape(node);
  }

  PrimitivePtr adapted_range(const Array& array) const {
    const Node& node = *array.node();
    if (notes_.of(array)) return node.primitive;
    Arange changed = *node.primitive->get_if<Arange>();
    changed.count = sizes_.of(changed.count, "arange");
    const bool same = changed.count == node.outputs[0].shape[0];
    return same ? node.primitive : make_primitive(std::move(changed));
  }

  // Gradients that go back to arrays of shapes of their own.
  PrimitivePtr with_shape(const Node& node) const {
    auto follow = [&]<class T>(const T* p) -> PrimitivePtr {
      T changed = *p;
      changed.shape = sizes_.of(p->shape, name_of(*node.primitive));
      return make_primitive(std::move(changed));
    };
    const Primitive& p = *node.primitive;
    if (const auto* grad = p.get_if<ConvolutionGradInput>()) return follow(grad);
    if (const auto* grad = p.get_if<ConvolutionGradWeight>()) return follow(grad);
    if (const auto* grad = p.get_if<MaxPoolGrad>()) return follow(grad);
    if (const auto* grad = p.get_if<AvgPoolGrad>()) return follow(grad);
    return node.primitive;
  }

  // The last axis takes what the others leave of the elements.
  static Shape leading_as(Shape shape, const Shape& x_now) {
    if (shape.empty()) return shape;
    const int64_t others = product(shape, 0, shape.size() - 1);
    shape.back() = others != 0 ? element_count(x_now) / others : x_now.back();
    return shape;
  }

  static Shape completed(const Shape& asked, const Shape& x_before, const Shape& x_now) {
    Shape out;
    int64_t known = 1;
    int64_t* rest = nullptr;
    for (int64_t size : asked) {
      out.push_back(size < ShapeNotes::rest ? x_now[static_cast<size_t>(-2 - size)] : size);
    }
    for (int64_t& size : out) (size == ShapeNotes::rest ? rest = &size : &(known *= size));
    const int64_t count = element_count(x_now);
    if (rest && known != 0 && count % known == 0) *rest = count / known;
    if (element_count(x_now) != (rest && *rest < 0 ? -1 : product(out, 0, out.size()))) {
      cannot_follow("reshape", x_before, x_now);
    }
    return out;
  }

  const ShapeNotes& notes_;
  const uint64_t first_;
  Sizes sizes_, of_arguments_;
  Notes now_;
  std::unordered_map<const Node*, CheckedAxis> checked_;
};

}  // namespace

ShapelessTrace ShapelessTrace::of(const ArraysFunction& function, const Arrays& arguments) {
  ShapelessTrace out;
  out.arguments_ = arguments;
  out.first_ = Array(Scalar(0)).node()->sequence;
  ShapeNotesScope scope(&out.notes_);
  out.results_ = function(arguments);
  return out;
}

ShapelessTrace ShapelessTrace::of_parts(Arrays arguments, Arrays results, ShapeNotes notes,
                                        uint64_t first) {
  ShapelessTrace out;
  out.arguments_ = std::move(arguments);
  out.results_ = std::move(results);
  out.notes_ = std::move(notes);
  out.first_ = first;
  return out;
}

bool ShapelessTrace::is_closed() const {
  std::unordered_set<const Node*> given;
  for (const Array& argument : arguments_) given.insert(argument.node());
  auto is_known = [&](const Array& array) {
    return array.node()->state() != Node::State::placeholder || given.contains(array.node());
  };
  for (const Array& result : results_) {
    if (!is_known(result)) return false;
  }
  for (const Array& array : ordered(results_)) {
    for (const Array& input : array.node()->inputs) {
      if (!is_known(input)) return false;
    }
  }
  return true;
}

Arrays ShapelessTrace::again(const Arrays& arguments) const {
  return Rebuild(arguments_, arguments, notes_, first_).run(results_);
}

}  // namespace lazulite
