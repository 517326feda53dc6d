#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>

#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/pending.h"
#include "lazulite/core/release.h"
#include "lazulite/debug/graph_pictures.h"
#include "lazulite/debug/markup.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/linearize.h"

namespace lazulite::debug {
namespace {

// In the picture's units, which are pixels of a screen.
constexpr double letter = 6.7, line_height = 16, padding = 10, between_boxes = 24,
                 between_layers = 56, margin = 20;
constexpr size_t most_operations = 8;
constexpr const char* reduction_names[] = {"sum", "prod", "min", "max", "all", "any"};

struct Box {
  enum Kind { input, kernel, primitive, result } kind;
  std::vector<std::string> lines;
  size_t layer = 0;
  double x = 0, y = 0, width = 0, height = 0;
  std::vector<size_t> from = {}, to = {};

  double middle() const { return x + width / 2; }
};

std::string type_text(Dtype dtype, const Shape& shape) {
  return fmt::format("{} {}", name_of(dtype), lazulite::to_string(shape));
}

class Picture {
 public:
  explicit Picture(const Plan& plan) {
    for (const Launch& launch : plan.launches()) add(launch);
    for (size_t i = 0; i < plan.outputs().size(); ++i) {
      size_t writer = box_of(plan.outputs()[i].slot, plan.output_dtype(i), plan.output_shape(i));
      size_t box = boxes_.size();
      boxes_.push_back(
          {Box::result, {"result", type_text(plan.output_dtype(i), plan.output_shape(i))}});
      connect(writer, box);
    }
    place();
  }

  std::string svg() const {
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" "
        "font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        width_, height_);
    for (const Box& box : boxes_) {
      for (size_t to : box.to) out += edge(box, boxes_[to]);
    }
    for (const Box& box : boxes_) out += rectangle(box);
    return out + "</svg>\n";
  }

 private:
  void add(const Launch& launch) {
    Box box{launch.fused ? Box::kernel : Box::primitive, {}};
    if (launch.fused) {
      size_t count = launch.fused->ops.size() + launch.fused->reductions.size();
      box.lines.push_back(count == 1 ? "kernel" : fmt::format("fused: {} operations", count));
      std::vector<std::string> names;
      for (const FusedOp& op : launch.fused->ops) {
        names.emplace_back(op.is_cast ? "astype" : info(op.row).name);
      }
      for (const auto& reduction : launch.fused->reductions) {
        names.push_back(
            fmt::format("reduce {}", reduction_names[static_cast<size_t>(reduction.op)]));
      }
      for (size_t i = 0; i < std::min(names.size(), most_operations); ++i) {
        box.lines.push_back("  " + names[i]);
      }
      if (names.size() > most_operations) {
        box.lines.push_back(fmt::format("  and {} more", names.size() - most_operations));
      }
    } else {
      box.lines.emplace_back(launch.name());
    }
    for (const Operand& output : launch.outputs) {
      if (output.used) box.lines.push_back("→ " + type_text(output.dtype, output.shape));
    }
    std::vector<size_t> read;
    for (const Operand& input : launch.inputs) {
      read.push_back(box_of(input.slot, input.dtype, input.shape));
    }
    size_t number = boxes_.size();
    boxes_.push_back(std::move(box));
    for (size_t from : read) connect(from, number);
    for (const Operand& output : launch.outputs) writer_[output.slot] = number;
  }

  // Of what wrote the slot last, or of the input that it is.
  size_t box_of(uint32_t slot, Dtype dtype, const Shape& shape) {
    auto [at, is_new] = writer_.try_emplace(slot, boxes_.size());
    if (is_new) boxes_.push_back({Box::input, {type_text(dtype, shape)}});
    return at->second;
  }

  void connect(size_t from, size_t to) {
    std::vector<size_t>& known = boxes_[to].from;
    if (std::find(known.begin(), known.end(), from) != known.end()) return;
    known.push_back(from);
    boxes_[from].to.push_back(to);
  }

  void place() {
    // Below all that it reads; inputs just above what reads them.
    size_t deepest = 0;
    for (size_t round = 0; round < 2; ++round) {
      for (Box& box : boxes_) {
        for (size_t from : box.from) box.layer = std::max(box.layer, boxes_[from].layer + 1);
        deepest = std::max(deepest, box.layer);
      }
    }
    for (Box& box : boxes_) {
      if (box.kind != Box::input || box.to.empty()) continue;
      size_t first = deepest;
      for (size_t to : box.to) first = std::min(first, boxes_[to].layer);
      box.layer = first == 0 ? 0 : first - 1;
    }
    std::vector<std::vector<size_t>> layers(deepest + 1);
    for (size_t i = 0; i < boxes_.size(); ++i) {
      Box& box = boxes_[i];
      size_t longest = 0;
      for (const std::string& line : box.lines) longest = std::max(longest, line.size());
      box.width = static_cast<double>(longest) * letter + 2 * padding;
      box.height = static_cast<double>(box.lines.size()) * line_height + padding;
      layers[box.layer].push_back(i);
    }
    std::vector<double> order(boxes_.size(), 0);
    for (const auto& layer : layers) {
      for (size_t i = 0; i < layer.size(); ++i) order[layer[i]] = static_cast<double>(i);
    }
    // Each box goes towards the middle of those that it is connected to.
    for (int sweep = 0; sweep < 4; ++sweep) {
      for (size_t step = 0; step < layers.size(); ++step) {
        auto& layer = layers[sweep % 2 == 0 ? step : layers.size() - 1 - step];
        std::vector<double> wanted(boxes_.size(), 0);
        for (size_t i : layer) {
          const std::vector<size_t>& near = sweep % 2 == 0 ? boxes_[i].from : boxes_[i].to;
          double sum = 0;
          for (size_t other : near) sum += order[other];
          wanted[i] = near.empty() ? order[i] : sum / static_cast<double>(near.size());
        }
        std::stable_sort(layer.begin(), layer.end(),
                         [&](size_t a, size_t b) { return wanted[a] < wanted[b]; });
        for (size_t i = 0; i < layer.size(); ++i) order[layer[i]] = static_cast<double>(i);
      }
    }
    for (const auto& layer : layers) {
      double row = -between_boxes;
      for (size_t i : layer) row += boxes_[i].width + between_boxes;
      width_ = std::max(width_, row + 2 * margin);
    }
    height_ = margin;
    for (const auto& layer : layers) {
      double row = -between_boxes, tallest = 0;
      for (size_t i : layer) row += boxes_[i].width + between_boxes;
      double x = (width_ - row) / 2;
      for (size_t i : layer) {
        boxes_[i].x = x;
        boxes_[i].y = height_;
        x += boxes_[i].width + between_boxes;
        tallest = std::max(tallest, boxes_[i].height);
      }
      height_ += tallest + between_layers;
    }
    height_ += margin - between_layers;
  }

  static std::string edge(const Box& from, const Box& to) {
    const double x1 = from.middle(), y1 = from.y + from.height, x2 = to.middle(), y2 = to.y;
    const double bend = (y2 - y1) / 2;
    return fmt::format(
        "<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\" fill=\"none\" "
        "stroke=\"#8a93a3\"/>\n<path d=\"M{:.1f} {:.1f}l-3.5 -7h7z\" fill=\"#8a93a3\"/>\n",
        x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2, x2, y2);
  }

  static std::string rectangle(const Box& box) {
    static const char* const fills[] = {"#f2f4f7", "#e4edfb", "#fdf0dc", "#e5f4e6"};
    static const char* const strokes[] = {"#c3c9d4", "#4a78c2", "#c98a1b", "#4c9a54"};
    std::string out = fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{}\" fill=\"{}\" "
        "stroke=\"{}\"/>\n",
        box.x, box.y, box.width, box.height, box.kind == Box::input ? 10 : 4, fills[box.kind],
        strokes[box.kind]);
    for (size_t i = 0; i < box.lines.size(); ++i) {
      const bool title = i == 0 && box.kind != Box::input;
      out += fmt::format(
          "<text x=\"{:.1f}\" y=\"{:.1f}\" xml:space=\"preserve\"{} fill=\"#1c2330\">{}</text>\n",
          box.x + padding, box.y + padding / 2 + (static_cast<double>(i) + 0.75) * line_height,
          title ? " font-weight=\"bold\"" : "", escaped(box.lines[i]));
    }
    return out;
  }

  std::vector<Box> boxes_;
  std::map<uint32_t, size_t> writer_;
  double width_ = 0, height_ = 0;
};

}  // namespace

std::shared_ptr<const Plan> plan_of(std::span<const Array> arrays) {
  Program program;
  {
    std::lock_guard lock(graph_mutex());
    std::vector<Node*> roots;
    for (const Array& array : arrays) {
      expect_array("plan_of", array);
      roots.push_back(array.node());
    }
    std::vector<Node*> nodes = topological_order(roots);
    append_nodes(program, nodes, [&](const Array& leaf) {
      ValueId value = program.add_value(leaf.shape(), leaf.dtype());
      program.inputs.push_back(value);
      program.input_strides.push_back(row_major_strides(leaf.shape()));
      return value;
    });
    for (const Array& array : arrays) {
      if (array.node()->state() != Node::State::pending) continue;
      program.outputs.push_back(array.node()->index + array.output());
    }
  }
  if (program.outputs.empty()) {
    throw Error("plan_of: there is nothing to plan, as all that was given has been computed");
  }
  PlanningScope planning;
  return std::make_shared<const Plan>(std::move(program));
}

std::string to_svg(const Plan& plan) { return Picture(plan).svg(); }

}  // namespace lazulite::debug
