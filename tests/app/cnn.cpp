#include "cnn.h"

#include <unistd.h>

#include <fstream>

namespace lazulite::test {

namespace fs = std::filesystem;
using testing::HasSubstr;

Cnn::Cnn() : folder_(fs::path(testing::TempDir()) / ("cnn_" + std::to_string(::getpid()))) {
  fs::create_directories(folder_ / "data");
  fs::create_directory(work());
  write_images("train", 200);
  write_images("t10k", 40);
}

Cnn::~Cnn() { fs::remove_all(folder_); }

size_t Cnn::files() const {
  return static_cast<size_t>(std::distance(fs::directory_iterator(work()), {}));
}

void Cnn::write_images(const std::string& part, int count, int height, int width) const {
  std::string images, labels;
  for (int i = 0; i < count; ++i) {
    images += std::string(static_cast<size_t>(height * width), i % 2 ? '\xff' : '\0');
    labels += char(i % 2);
  }
  auto write = [&](const std::string& name, const std::vector<int>& header,
                   const std::string& body) {
    std::ofstream out(folder_ / "data" / (part + name), std::ios::binary);
    for (int number : header) {
      for (int shift = 24; shift >= 0; shift -= 8) out.put(char(number >> shift));
    }
    out << body;
  };
  write("-images-idx3-ubyte", {0x803, count, height, width}, images);
  write("-labels-idx1-ubyte", {0x801, count}, labels);
}

void Cnn::expect_refusal(const std::vector<std::string>& arguments, int code,
                         const std::string& words, const std::function<void()>& prepare) const {
  Program program(work(), arguments, prepare);
  EXPECT_EQ(program.wait(), code) << words;
  EXPECT_THAT(program.errors(), HasSubstr("lazulite-cnn: "));
  EXPECT_THAT(program.errors(), HasSubstr(words));
  EXPECT_EQ(program.output(), "");
  EXPECT_EQ(files(), 0u);
}

}  // namespace lazulite::test
