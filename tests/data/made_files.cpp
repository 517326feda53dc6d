#include "data/made_files.h"

#include <zlib.h>

#include <cstdio>
#include <memory>

namespace lazulite::data {

namespace {

std::string little_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

// `window` tells zlib the format: 15 + 16 is gzip, -15 the bare stream.
std::string deflated(std::string_view content, int window) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ending(&stream, deflateEnd);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  return out;
}

std::string tar_header(const std::string& name, size_t size) {
  std::string header(512, '\0');
  const auto put = [&](size_t offset, std::string_view field) {
    header.replace(offset, field.size(), field);
  };
  char octal[32];
  std::snprintf(octal, sizeof octal, "%011zo", size);
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal);
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(octal, sizeof octal, "%06o", sum);
  header.replace(148, 7, octal, 7);
  return header;
}

}  // namespace

std::string gzip(std::string_view content) { return deflated(content, 15 + 16); }

std::string tar(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string archive;
  for (const auto& [name, content] : members) {
    archive += tar_header(name, content.size()) + content;
    archive.resize((archive.size() + 511) / 512 * 512);
  }
  return archive + std::string(1024, '\0');
}

// After PKWARE's APPNOTE: local headers with their content, the central directory, its end.
std::string zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string archive, directory;
  for (const auto& [name, content] : members) {
    const std::string packed = deflated(content, -15);
    const bool shorter = packed.size() < content.size();
    const std::string& body = shorter ? packed : content;
    const auto crc = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                                                 static_cast<uInt>(content.size())));
    const std::string common = little_endian(20, 2) + little_endian(0, 2) +
                               little_endian(shorter ? 8 : 0, 2) + little_endian(0, 4) +
                               little_endian(crc, 4) +
                               little_endian(static_cast<uint32_t>(body.size()), 4) +
                               little_endian(static_cast<uint32_t>(content.size()), 4) +
                               little_endian(static_cast<uint32_t>(name.size()), 2);
    directory += "PK\1\2" + little_endian(20, 2) + common + std::string(12, '\0') +
                 little_endian(static_cast<uint32_t>(archive.size()), 4) + name;
    archive += "PK\3\4" + common + little_endian(0, 2) + name + body;
  }
  const auto count = little_endian(static_cast<uint32_t>(members.size()), 2);
  const auto start = little_endian(static_cast<uint32_t>(archive.size()), 4);
  return archive + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         little_endian(static_cast<uint32_t>(directory.size()), 4) + start + std::string(2, '\0');
}

std::string idx(const std::vector<uint32_t>& shape, std::string_view body) {
  std::string file{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (uint32_t extent : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) file += static_cast<char>(extent >> shift);
  }
  return file.append(body);
}

std::string pixels(int image, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(31 * image + 7 * i);
  return bytes;
}

std::string cifar10_record(int image, int label) {
  return static_cast<char>(label) + pixels(image, 3072);
}

std::string cifar100_record(int image, int coarse, int fine) {
  return std::string{static_cast<char>(coarse), static_cast<char>(fine)} + pixels(image, 3072);
}

std::string pickle_string(std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  const std::string head = size < 256 ? "U" + little_endian(size, 1) : "T" + little_endian(size, 4);
  return head + std::string(text);
}

std::string pickle_int(int value) {
  if (value >= 0 && value < 256) return "K" + little_endian(value, 1);
  if (value >= 0 && value < 65536) return "M" + little_endian(value, 2);
  return "J" + little_endian(value, 4);
}

std::string pickle_list(const std::vector<std::string>& items) {
  std::string text = "](";
  for (const std::string& item : items) text += item;
  return text + "e";
}

std::string pickle_dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string text = "}(";
  for (const auto& [key, value] : items) text += pickle_string(key) + value;
  return text + "u";
}

// What Python 2's cPickle writes for a NumPy array, memo entries left out.
std::string pickle_array(int rows, int columns, std::string_view data, bool column_major) {
  const std::string zero = pickle_int(0);
  return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + zero + "tU\1btR(K\1(" +
         pickle_int(rows) + pickle_int(columns) + "tcnumpy\ndtype\n(U\2u1" + zero +
         "K\1tR(K\3U\1|NNN" + pickle_int(-1) + pickle_int(-1) + zero + "tb" +
         (column_major ? "\x88" : "\x89") + pickle_string(data) + "tb";
}

std::string pickle(std::string_view object) { return "\x80\2" + std::string(object) + "."; }

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace lazulite::data
