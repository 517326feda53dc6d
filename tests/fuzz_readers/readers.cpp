#include "readers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "lazulite/core/errors.h"
#include "lazulite/data/archive.h"
#include "lazulite/data/cifar_layout.h"
#include "lazulite/data/idx.h"
#include "lazulite/data/pickle.h"
#include "lazulite/io/function_text.h"
#include "lazulite/io/safetensors_header.h"

namespace lazulite::fuzz {
namespace {

using Bytes = std::span<const uint8_t>;

// What a reader must promise about what it returns.
void require(bool holds) {
  if (!holds) std::abort();
}

// A file of these bytes, in memory.
class File {
 public:
  explicit File(Bytes bytes) : number_(::memfd_create("input", 0)) {
    require(number_ >= 0 &&
            ::write(number_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~File() { ::close(number_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

std::vector<uint8_t> copied(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

void safetensors(Bytes bytes) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length) return;
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes = bytes.subspan(sizeof length);
  if (length > bytes.size()) return;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), length);
  uint64_t end = 0;
  const io::SafetensorsHeader header =
      io::parse_safetensors_header(text, bytes.size() - length, "input");
  for (const auto& e : header.entries) {
    require(e.begin == end && e.end >= e.begin && e.end <= bytes.size() - length);
    require(static_cast<uint64_t>(element_count(e.shape)) * size_of(e.dtype) == e.end - e.begin);
    end = e.end;
  }
  require(end == bytes.size() - length);
}

// What is read is what would be written, and names nothing that is not there.
void function(Bytes bytes) {
  constexpr size_t arrays = 4;
  const std::string text(bytes.begin(), bytes.end());
  const std::vector<io::FunctionText> functions = io::parse_function_text(text, arrays);
  for (const io::FunctionText& one : functions) {
    size_t known = one.inputs.size() + one.constants.size();
    for (uint32_t constant : one.constants) require(constant < arrays);
    for (const io::FunctionText::Step& step : one.steps) {
      for (uint32_t input : step.inputs) require(input < known);
      require(!step.has_like || step.like < known);
      known += step.outputs.size();
    }
    for (uint32_t result : one.results) require(result < known);
  }
  require(io::parse_function_text(io::write_function_text(functions), arrays) == functions);
}

void idx(Bytes bytes) {
  const File file(bytes);
  for (int dimensions : {1, 3}) {
    try {
      const data::IdxFile read = data::read_idx(file.path(), dimensions);
      uint64_t expected = 1;
      for (int64_t extent : read.shape) expected *= static_cast<uint64_t>(extent);
      require(read.shape.size() == static_cast<size_t>(dimensions) && read.data.size() == expected);
    } catch (const Error&) {
    }
  }
}

void archive(Bytes bytes) {
  const File file(bytes);
  constexpr uint64_t limit = 10'000;
  for (const auto& [name, content] : data::read_archive(file.path(), {"a", "b"}, limit).files) {
    require((name == "a" || name == "b") && content.size() <= limit);
  }
}

void pickle(Bytes bytes) {
  const data::Pickle read(copied(bytes), "input");
  try {
    (void)read.byte_array(read.entry(read.root(), "data"));
  } catch (const Error&) {
  }
  try {
    (void)read.integers(read.entry(read.root(), "labels"));
  } catch (const Error&) {
  }
}

const data::CifarKind cifar_10{"CIFAR-10", {{10, "labels", "label_names", "names"}}, 0};
const data::CifarKind cifar_100{"CIFAR-100",
                                {{20, "coarse_labels", "coarse_label_names", "names"},
                                 {100, "fine_labels", "fine_label_names", "names"}},
                                1};

void cifar(Bytes bytes) {
  for (const data::CifarKind* kind : {&cifar_10, &cifar_100}) {
    for (bool pickled : {false, true}) {
      data::ImageSet set;
      try {
        if (pickled) {
          data::append_cifar_pickle(set, *kind, copied(bytes), "input");
        } else {
          data::append_cifar_binary(set, *kind, copied(bytes), "input");
        }
        require(set.pixels.size() == set.labels.size() * data::cifar_image_bytes);
        for (int32_t label : set.labels) {
          require(label >= 0 && label < kind->columns[kind->used].num_classes);
        }
      } catch (const Error&) {
      }
    }
    try {
      data::cifar_pickle_names(*kind, copied(bytes), "input");
    } catch (const Error&) {
    }
  }
  data::cifar_binary_names(copied(bytes));
}

// All but Error is a fault.
template <void (*read)(Bytes)>
void guarded(Bytes bytes) {
  try {
    read(bytes);
  } catch (const Error&) {
  }
}

constexpr Reader all[] = {{"safetensors", guarded<safetensors>},
                          {"function", guarded<function>},
                          {"idx", guarded<idx>},
                          {"archive", guarded<archive>},
                          {"pickle", guarded<pickle>},
                          {"cifar", guarded<cifar>}};

}  // namespace

std::span<const Reader> readers() { return all; }

}  // namespace lazulite::fuzz
