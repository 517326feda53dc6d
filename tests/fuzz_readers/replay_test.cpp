#include <gtest/gtest.h>

#include "readers.h"
#include "support/temp_folder.h"

// Every input that is kept goes through its reader again, without a fuzzer.

namespace lazulite::fuzz {
namespace {

namespace fs = std::filesystem;

TEST(FuzzedReaders, BearTheirCorpora) {
  for (const Reader& reader : readers()) {
    int inputs = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(LAZULITE_CORPORA) / reader.name)) {
      SCOPED_TRACE(entry.path().string());
      const std::string content = test::content_of(entry.path());
      EXPECT_NO_THROW(
          reader.read({reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
      ++inputs;
    }
    EXPECT_GT(inputs, 0) << reader.name;
  }
}

}  // namespace
}  // namespace lazulite::fuzz
