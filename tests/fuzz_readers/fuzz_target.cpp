#include <cstring>

#include "readers.h"

// What libFuzzer calls with each input; LAZULITE_FUZZ_READER names the reader of this program.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const lazulite::fuzz::Reader& reader : lazulite::fuzz::readers()) {
    if (std::strcmp(reader.name, LAZULITE_FUZZ_READER) == 0) reader.read({data, size});
  }
  return 0;
}
