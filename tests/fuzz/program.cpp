#include "fuzz/program.h"

#include <algorithm>
#include <sstream>

#include "fuzz/operation.h"
#include "lazulite/core/errors.h"

namespace lazulite::fuzz {
namespace {

constexpr const char* fill_names[] = {"tame", "wild", "indices", "key"};

std::string joined(const Numbers& numbers) {
  std::string out;
  for (int64_t number : numbers) out += (out.empty() ? "" : ", ") + std::to_string(number);
  return out;
}

std::string shape_source(const Shape& shape) {
  return "{" + joined(Numbers(shape.begin(), shape.end())) + "}";
}

std::string dtype_source(Dtype dtype) {
  return std::string("Dtype::") + (dtype == Dtype::bool_ ? "bool_" : name_of(dtype));
}

std::string value_source(const Value& value) {
  const std::string& source = value.operation->source;
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '$') {
      size_t operand = static_cast<size_t>(source[++i] - '0');
      out += "v" + std::to_string(value.operands[operand]);
    } else if (source[i] == '#' && source[i + 1] == 'd') {
      i += 2;
      out += dtype_source(to_dtype(value.numbers[static_cast<size_t>(source[i] - '0')]));
    } else if (source[i] == '#') {
      out += joined(value.numbers[static_cast<size_t>(source[++i] - '0')]);
    } else {
      out += source[i];
    }
  }
  // An operation of any number of operands.
  size_t all = out.find("@");
  if (all != std::string::npos) {
    std::string names;
    for (int operand : value.operands) {
      names += (names.empty() ? "v" : ", v") + std::to_string(operand);
    }
    out.replace(all, 1, names);
  }
  return out;
}

std::string input_source(const Input& input) {
  constexpr const char* layouts[] = {"row_major", "transposed", "reversed", "spread", "offset"};
  std::string shape = shape_source(input.shape), dtype = dtype_source(input.dtype);
  std::string out = "fuzz_input(" + shape + ", " + dtype +
                    ", Fill::" + fill_names[static_cast<size_t>(input.fill)] + ", " +
                    std::to_string(input.bound) + ", " + std::to_string(input.seed) + ")";
  if (input.fill == Fill::tame || input.fill == Fill::wild) {
    out = "random_array(" + shape + ", " + dtype + ", random(" + std::to_string(input.seed) +
          "), Values::" + fill_names[static_cast<size_t>(input.fill)] + ")";
  }
  if (input.repeated >= 0) return "repeated(" + out + ", " + std::to_string(input.repeated) + ")";
  if (input.layout == test::Layout::row_major) return out;
  return "laid_out(" + out + ", Layout::" + layouts[static_cast<size_t>(input.layout)] + ")";
}

}  // namespace

std::vector<int> Program::inputs() const {
  std::vector<int> out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].operation) out.push_back(static_cast<int>(i));
  }
  return out;
}

bool Program::has_convolution() const {
  return std::any_of(values.begin(), values.end(), [](const Value& value) {
    return value.operation && value.operation->name.starts_with("conv");
  });
}

bool Program::has_pooling() const {
  return std::any_of(values.begin(), values.end(), [](const Value& value) {
    return value.operation && value.operation->name.starts_with("max_pool");
  });
}

bool Program::has_product() const {
  return std::any_of(values.begin(), values.end(), [](const Value& value) {
    for (const char* name : {"matmul", "addmm", "inner", "outer", "tensordot", "quantized_matmul",
                             "gather_mm", "segmented_mm", "block_masked_mm", "attention"}) {
      if (value.operation && value.operation->name == name) return true;
    }
    return false;
  });
}

Array input_array(const Input& input) {
  Random random(input.seed);
  Array out;
  switch (input.fill) {
    case Fill::tame: out = test::random_array(input.shape, input.dtype, random); break;
    case Fill::wild:
      out = test::random_array(input.shape, input.dtype, random, test::Values::wild);
      // Makes signalling NaNs quiet: the C library's pow(x, 0) tells them apart.
      if (input.dtype == Dtype::float64) {
        DeviceScope scope(Device("reference"));
        out = multiply(out, 1).eval();
      }
      break;
    case Fill::indices: {
      std::vector<int64_t> numbers(static_cast<size_t>(element_count(input.shape)));
      bool sign = kind_of(input.dtype) == DtypeKind::signed_integer;
      for (int64_t& number : numbers) {
        number = static_cast<int64_t>(random() % static_cast<uint64_t>(input.bound)) -
                 (sign && random() % 2 ? input.bound : 0);
      }
      DeviceScope scope(Device("reference"));
      out = astype(Array(numbers, input.shape), input.dtype).eval();
      break;
    }
    case Fill::key: {
      std::vector<uint32_t> numbers(static_cast<size_t>(element_count(input.shape)));
      for (uint32_t& number : numbers) number = static_cast<uint32_t>(random());
      out = Array(numbers, input.shape);
      break;
    }
  }
  if (input.repeated >= 0 && out.ndim() > 0) return test::repeated(out, input.repeated);
  return test::laid_out(out, input.layout);
}

Arrays values_of(const Program& program, const Arrays& inputs) {
  Arrays all;
  size_t next = 0;
  for (const Value& value : program.values) {
    if (!value.operation) {
      all.push_back(inputs[next++]);
      continue;
    }
    Arrays operands;
    for (int operand : value.operands) operands.push_back(all[static_cast<size_t>(operand)]);
    all.push_back(value.operation->apply(operands, value.numbers));
  }
  return all;
}

Arrays input_arrays(const Program& program) {
  Arrays out;
  for (int i : program.inputs()) {
    out.push_back(input_array(program.values[static_cast<size_t>(i)].input));
  }
  return out;
}

std::string serialise(const Program& program) {
  std::ostringstream out;
  out << "program " << program.seed << " " << program.derivatives << " " << program.keeps_value;
  out << "\n";
  auto list = [&](const auto& items) {
    out << " " << items.size();
    for (auto item : items) out << " " << item;
  };
  for (const Value& value : program.values) {
    const Input& input = value.input;
    if (!value.operation) {
      out << "input " << int(input.dtype) << " " << int(input.fill) << " " << input.bound << " "
          << int(input.layout) << " " << input.repeated << " " << input.seed << " " << input.cell
          << " " << input.written;
      list(input.shape);
    } else {
      out << "step " << value.operation->name;
      list(value.operands);
      out << " " << value.numbers.size();
      for (const Numbers& numbers : value.numbers) list(numbers);
    }
    out << "\n";
  }
  out << "kept";
  list(program.kept);
  out << "\n";
  return out.str();
}

Program parse(const std::string& text) {
  std::istringstream in(text);
  Program program;
  auto list = [&](auto& items) {
    size_t count = 0;
    in >> count;
    for (size_t i = 0; i < count; ++i) {
      typename std::decay_t<decltype(items)>::value_type item;
      in >> item;
      items.push_back(item);
    }
  };
  for (std::string word; in >> word;) {
    if (word == "program") {
      in >> program.seed >> program.derivatives >> program.keeps_value;
    } else if (word == "input") {
      Value value;
      Input& input = value.input;
      int dtype, fill, layout;
      in >> dtype >> fill >> input.bound >> layout >> input.repeated >> input.seed >> input.cell >>
          input.written;
      input.dtype = Dtype(dtype);
      input.fill = Fill(fill);
      input.layout = test::Layout(layout);
      Numbers shape;
      list(shape);
      input.shape = to_shape(shape);
      program.values.push_back(value);
    } else if (word == "step") {
      Value value;
      std::string name;
      in >> name;
      value.operation = &operation(name);
      list(value.operands);
      size_t count = 0;
      in >> count;
      value.numbers.resize(count);
      for (Numbers& numbers : value.numbers) list(numbers);
      program.values.push_back(value);
    } else if (word == "kept") {
      list(program.kept);
    }
  }
  return program;
}

std::string listing(const Program& program) {
  std::ostringstream out;
  std::string cells;
  for (size_t i = 0; i < program.values.size(); ++i) {
    const Value& value = program.values[i];
    out << "  Array v" << i << " = "
        << (value.operation ? value_source(value) : input_source(value.input)) << ";";
    if (!value.operation && value.input.cell) {
      out << "  // from a Cell";
      if (value.input.written >= 0) out << ", which gets v" << value.input.written;
    }
    out << "\n";
  }
  out << "  return {";
  for (size_t i = 0; i < program.kept.size(); ++i) {
    out << (i ? ", v" : "v") << program.kept[i];
  }
  out << "};";
  if (program.derivatives) {
    out << "  // and " << (program.derivatives == 2 ? "second " : "")
        << "gradients of their sines' sum" << (program.keeps_value ? "" : ", which is not kept");
  }
  out << "\n";
  return out.str();
}

}  // namespace lazulite::fuzz
