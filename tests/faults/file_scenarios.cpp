#include <dirent.h>

#include <fstream>

#include "data/made_files.h"
#include "lazulite/data/idx.h"
#include "lazulite/io/atomic_file.h"
#include "scenario.h"

namespace lazulite::faults {
namespace {

Array length_of(const std::string& path) {
  return Array(static_cast<int64_t>(std::filesystem::file_size(path)));
}

// Not by std::filesystem, whose iterators end the process where memory fails.
int64_t entries_of(const std::string& place) {
  std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(place.c_str()), ::closedir);
  int64_t count = 0;
  while (stream && ::readdir(stream.get())) ++count;
  return count;
}

// The weights of one network are saved over those of another: one of both is there, whole, and no
// third file.
class Save : public Case {
 public:
  Save() : path_(folder() + "/weights") {
    layer_.save_weights(path_);
    layer_.update({{"weight", ones({3, 4})}, {"bias", ones({3})}});
  }
  Arrays run() override {
    layer_.save_weights(path_);
    return state();
  }
  Arrays state() override {
    Arrays out;
    for (const auto& [name, array] : io::load_safetensors(path_)) out.push_back(array);
    out.push_back(Array(entries_of(folder())));
    return out;
  }

 private:
  std::string path_;
  nn::Linear layer_{4, 3};
};

// A network takes the weights of a file, all or none.
class Load : public Case {
 public:
  Load() : path_(folder() + "/weights") {
    layer_.save_weights(path_);
    layer_.update({{"weight", ones({3, 4})}, {"bias", ones({3})}});
  }
  Arrays run() override {
    layer_.load_weights(path_);
    return state();
  }
  Arrays state() override { return {layer_.weight.get(), layer_.bias.get()}; }

 private:
  std::string path_;
  nn::Linear layer_{4, 3};
};

Arrays through_a_file() {
  const std::string path = folder() + "/all";
  io::save_safetensors(path,
                       {{"a", arange(6).reshape({2, 3}).T()},
                        {"b", Array({true, false})},
                        {"c", zeros({0, 3})},
                        {"d", Array({1.5, 2.5}, Dtype::bfloat16)}},
                       {{"key", "value"}});
  Arrays out{length_of(path)};
  for (const auto& [name, array] : io::load_safetensors(path)) out.push_back(array);
  return out;
}

Arrays exported_function() {
  const std::string path = folder() + "/function";
  const Array weight = {{1.0, 2.0}, {3.0, 4.0}};
  io::export_function(path, [&](const Array& x) { return softmax(matmul(x, weight), {-1}); },
                      {ones({1, 2})});
  Arrays out = io::import_function(path)({Array({{0.5, -1.0}})});
  out.push_back(length_of(path));
  return out;
}

Arrays checked() {
  io::check_writable(folder() + "/f");
  try {
    io::check_writable(folder());
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error&) {
  }
  return {};
}

data::DatasetPtr some_data() {
  return std::make_shared<data::ArrayDataset>(arange(60).reshape({20, 3}), arange(20));
}

Arrays loaded(int workers) {
  data::DataLoader loader(some_data(), {.batch_size = 6, .shuffle = true, .workers = workers});
  Arrays out;
  for (const data::Batch& batch : loader) {
    out.push_back(batch.images);
    out.push_back(batch.labels);
  }
  return out;
}

Arrays idx_files() {
  const std::filesystem::path place = folder();
  const auto put = [&](const char* name, const std::string& content) {
    std::ofstream(place / name, std::ios::binary) << content;
  };
  put("t10k-images-idx3-ubyte.gz", data::gzip(data::idx({3, 2, 2}, data::pixels(1, 12))));
  put("t10k-labels-idx1-ubyte", data::idx({3}, std::string("\1\2\3")));
  const auto set = data::mnist(place, data::Split::test);
  const std::vector<int64_t> all{0, 1, 2};
  const data::Batch batch = set->get(all);
  return {batch.images, batch.labels};
}

Arrays cifar_archive() {
  const std::filesystem::path place = folder();
  using namespace data;
  const std::string images =
      pickle(pickle_dict({{"labels", pickle_list({pickle_int(1), pickle_int(2)})},
                          {"data", pickle_array(2, 3072, pixels(1, 3072) + pixels(2, 3072))}}));
  std::ofstream(place / "cifar-10-python.tar.gz", std::ios::binary)
      << gzip(tar({{"cifar-10-batches-py/test_batch", images}}));
  const auto set = cifar10(place, Split::test);
  const std::vector<int64_t> all{0, 1};
  return {set->get(all).images};
}

Arrays damaged_file() {
  const std::string path = folder() + "/x";
  std::ofstream(path, std::ios::binary) << data::gzip("not an IDX file, by far").substr(0, 30);
  try {
    data::read_idx(path, 3);
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error&) {
  }
  return {};
}

}  // namespace

std::vector<Scenario> file_scenarios() {
  return {
      {"save", [] { return std::make_unique<Save>(); }},
      {"load", [] { return std::make_unique<Load>(); }},
      function("through_a_file", through_a_file),
      function("exported_function", exported_function),
      function("check_writable", checked),
      function("loader", [] { return loaded(0); }),
      function("loader_threads", [] { return loaded(2); }),
      function("idx", idx_files),
      function("cifar_archive", cifar_archive),
      function("damaged_file", damaged_file),
  };
}

}  // namespace lazulite::faults
