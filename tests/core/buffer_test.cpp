#include "lazulite/core/buffer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

namespace lazulite::test {
namespace {

// Memory of the host's that is not the host's memory space, and counts what it is asked for.
class OtherMemory final : public MemorySpace {
 public:
  const char* name() const override { return "other"; }
  void* allocate(size_t bytes) override { return ++allocations, std::malloc(bytes); }
  void release(void* pointer, size_t) override { ++releases, std::free(pointer); }
  void copy_from_host(void* to, const void* from, size_t bytes) override {
    std::memcpy(to, from, bytes);
  }
  void copy_to_host(void* to, const void* from, size_t bytes) override {
    std::memcpy(to, from, bytes);
  }
  int allocations = 0, releases = 0;
};

TEST(Buffer, IsAtHomeWhereItWasWritten) {
  OtherMemory other;
  BufferPtr buffer(new Buffer(4));
  EXPECT_EQ(buffer->home(), nullptr);
  buffer->writable(other);
  EXPECT_EQ(buffer->home(), &other);
  buffer->readable(host_memory());
  EXPECT_EQ(buffer->home(), &other);
  buffer->writable(host_memory());
  EXPECT_EQ(buffer->home(), &host_memory());
  buffer->readable(other);
  EXPECT_EQ(buffer->home(), &host_memory());
  const int number = 5;
  EXPECT_EQ(Buffer::of_number(&number, sizeof(number))->home(), &host_memory());
}

TEST(Buffer, AdoptsMemoryOfADevice) {
  OtherMemory other;
  int value = 7, deleted = 0;
  {
    BufferPtr buffer(new Buffer(other, &value, sizeof(value), [&](void* pointer) {
      EXPECT_EQ(pointer, &value);
      ++deleted;
    }));
    EXPECT_EQ(buffer->home(), &other);
    EXPECT_TRUE(buffer->exported());
    EXPECT_EQ(buffer->readable(other), &value);
    int on_host = 0;
    std::memcpy(&on_host, buffer->readable(host_memory()), sizeof(on_host));
    EXPECT_EQ(on_host, 7);
    EXPECT_EQ(deleted, 0);
  }
  EXPECT_EQ(deleted, 1);
  EXPECT_EQ(other.allocations, 0);
  EXPECT_EQ(other.releases, 0);
}

TEST(Buffer, AdoptsMemoryOfTheHost) {
  OtherMemory other;
  int value = 7, deleted = 0;
  {
    BufferPtr buffer(new Buffer(&value, sizeof(value), [&](void*) { ++deleted; }));
    EXPECT_EQ(buffer->home(), &host_memory());
    int there = 0;
    std::memcpy(&there, buffer->readable(other), sizeof(there));
    EXPECT_EQ(there, 7);
  }
  EXPECT_EQ(deleted, 1);
  EXPECT_EQ(other.releases, 1);
}

}  // namespace
}  // namespace lazulite::test
