#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lazulite/core/errors.h"
#include "support/temp_folder.h"

// Small files in the official layouts, built byte by byte from the formats' descriptions.

namespace lazulite::data {

using test::TempFolder;

std::string gzip(std::string_view content);

/// A tar archive (ustar) of regular files, with its two empty end blocks.
std::string tar(const std::vector<std::pair<std::string, std::string>>& members);

/// A zip archive of files, each deflated if that makes it shorter.
std::string zip(const std::vector<std::pair<std::string, std::string>>& members);

/// Header and body of an IDX file of unsigned bytes.
std::string idx(const std::vector<uint32_t>& shape, std::string_view body);

/// Made-up pixels: byte i of image k is (31 k + 7 i) mod 256.
std::string pixels(int image, int count);

/// CIFAR-10's binary record of `label` and pixels(image, 3072).
std::string cifar10_record(int image, int label);
std::string cifar100_record(int image, int coarse, int fine);

/// Pieces of a protocol 2 pickle as Python 2 wrote them.
std::string pickle_string(std::string_view text);
std::string pickle_int(int value);
std::string pickle_list(const std::vector<std::string>& items);
std::string pickle_dict(const std::vector<std::pair<std::string, std::string>>& items);
std::string pickle_array(int rows, int columns, std::string_view data, bool column_major = false);
/// Protocol header and end mark around an object.
std::string pickle(std::string_view object);

std::vector<uint8_t> bytes_of(std::string_view text);

/// The message of the Error that `f` throws; a failure of the test if it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

}  // namespace lazulite::data
