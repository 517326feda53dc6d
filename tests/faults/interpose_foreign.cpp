#include <archive.h>
#include <dlfcn.h>
#include <zlib.h>

#include <cerrno>

#include "faults.h"

// Calls to foreign libraries that fail as those report it. What they do inside is not touched.

#define LAZULITE_INTERPOSED __attribute__((section("lazulite_faults_text"), noinline))

using lazulite::faults::Call;
using lazulite::faults::hit;

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

LAZULITE_INTERPOSED gzFile gzopen(const char* path, const char* mode) {
  static auto* real = next<gzFile(const char*, const char*)>("gzopen");
  if (hit(Call::foreign)) {
    errno = ENOMEM;
    return nullptr;
  }
  return real(path, mode);
}

LAZULITE_INTERPOSED archive* archive_read_new() {
  static auto* real = next<archive*()>("archive_read_new");
  return hit(Call::foreign) ? nullptr : real();
}

LAZULITE_INTERPOSED int archive_read_support_filter_none(archive* handle) {
  static auto* real = next<int(archive*)>("archive_read_support_filter_none");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle);
}

LAZULITE_INTERPOSED int archive_read_support_format_tar(archive* handle) {
  static auto* real = next<int(archive*)>("archive_read_support_format_tar");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle);
}

LAZULITE_INTERPOSED int archive_read_support_format_zip(archive* handle) {
  static auto* real = next<int(archive*)>("archive_read_support_format_zip");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle);
}

LAZULITE_INTERPOSED int archive_read_open_filename(archive* handle, const char* path,
                                                   size_t block) {
  static auto* real = next<decltype(archive_read_open_filename)>("archive_read_open_filename");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle, path, block);
}

LAZULITE_INTERPOSED int archive_read_open(archive* handle, void* data, archive_open_callback* open,
                                          archive_read_callback* read,
                                          archive_close_callback* close) {
  static auto* real = next<decltype(archive_read_open)>("archive_read_open");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle, data, open, read, close);
}

LAZULITE_INTERPOSED int archive_read_next_header(archive* handle, archive_entry** entry) {
  static auto* real = next<int(archive*, archive_entry**)>("archive_read_next_header");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle, entry);
}

LAZULITE_INTERPOSED la_ssize_t archive_read_data(archive* handle, void* data, size_t bytes) {
  static auto* real = next<la_ssize_t(archive*, void*, size_t)>("archive_read_data");
  return hit(Call::foreign) ? ARCHIVE_FATAL : real(handle, data, bytes);
}

// oneDNN's functions by name alone: all take integers and pointers, fourteen at most, and return
// a status. The cpu backend brings the library into a scope of its own.
#define LAZULITE_ONEDNN(name)                                                                   \
  LAZULITE_INTERPOSED int name(void* a, void* b, void* c, void* d, void* e, void* f, void* g,   \
                               void* h, void* i, void* j, void* k, void* l, void* m, void* n) { \
    using Function = int(void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,  \
                         void*, void*, void*, void*);                                           \
    static auto* real = reinterpret_cast<Function*>(                                            \
        dlsym(dlopen("libdnnl.so.3", RTLD_LAZY | RTLD_NOLOAD), #name));                         \
    constexpr int out_of_memory = 1;                                                            \
    return hit(Call::foreign) ? out_of_memory : real(a, b, c, d, e, f, g, h, i, j, k, l, m, n); \
  }
LAZULITE_ONEDNN(dnnl_convolution_backward_data_primitive_desc_create)
LAZULITE_ONEDNN(dnnl_convolution_backward_weights_primitive_desc_create)
LAZULITE_ONEDNN(dnnl_convolution_forward_primitive_desc_create)
LAZULITE_ONEDNN(dnnl_engine_create)
LAZULITE_ONEDNN(dnnl_matmul_primitive_desc_create)
LAZULITE_ONEDNN(dnnl_memory_create_v2)
LAZULITE_ONEDNN(dnnl_memory_desc_clone)
LAZULITE_ONEDNN(dnnl_memory_desc_create_with_strides)
LAZULITE_ONEDNN(dnnl_memory_desc_create_with_tag)
LAZULITE_ONEDNN(dnnl_memory_set_data_handle_v2)
LAZULITE_ONEDNN(dnnl_primitive_attr_create)
LAZULITE_ONEDNN(dnnl_primitive_attr_set_scratchpad_mode)
LAZULITE_ONEDNN(dnnl_primitive_create)
LAZULITE_ONEDNN(dnnl_primitive_execute)
LAZULITE_ONEDNN(dnnl_reorder_primitive_desc_create)
LAZULITE_ONEDNN(dnnl_stream_create)
LAZULITE_ONEDNN(dnnl_stream_wait)
#undef LAZULITE_ONEDNN
}
