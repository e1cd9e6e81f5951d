// Misuse of the C API: each row is one wrong call, with the code it must give. None may crash.
#include "CountAllocations.h"
#include "TestArtifact.h"
#include "limbeck-c/Runtime.h"
#include "limbeck/Support/File.h"
#include <functional>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace limbeck::runtime {

namespace {

/// A correct call; each row of the table spoils one thing.
struct Call {
  alignas(64) float x[kAffineElements + 1] = {};
  alignas(64) float y[kAffineElements + 1] = {};
  int64_t xDims[1] = {kAffineElements}, yDims[1] = {kAffineElements};
  limbeck_tensor in{x, LIMBECK_F32, 1, xDims, 4 * kAffineElements};
  limbeck_tensor out{y, LIMBECK_F32, 1, yDims, 4 * kAffineElements};
  const limbeck_tensor *inputs = &in, *outputs = &out;
  uint64_t inputCount = 1, outputCount = 1;
  const char *entry = "affine";
};

struct Misuse {
  const char *what, *code;
  std::function<void(Call &)> spoil;
};

class CApi : public testing::Test {
protected:
  void SetUp() override {
    bytes = testArtifact();
    ASSERT_EQ(limbeck_model_load_memory(bytes.data(), bytes.size(), &model), LIMBECK_OK)
        << limbeck_last_error_message();
    ASSERT_EQ(limbeck_context_create(model, nullptr, &context), LIMBECK_OK) << limbeck_last_error_message();
  }
  void TearDown() override {
    limbeck_context_destroy(context);
    limbeck_model_destroy(model);
  }
  limbeck_status run(const Call &call) {
    return limbeck_run(context, call.entry, call.inputs, call.inputCount, call.outputs, call.outputCount);
  }
  std::vector<std::byte> bytes;
  limbeck_model *model = nullptr;
  limbeck_context *context = nullptr;
};

} // namespace

#define EXPECT_CODE(expression, code)                                                                        \
  EXPECT_NE(expression, LIMBECK_OK);                                                                         \
  EXPECT_STREQ(limbeck_last_error_code(), code) << limbeck_last_error_message()

#ifdef LIMBECK_COUNTS_ALLOCATIONS
TEST_F(CApi, ARunTakesNoMemory) {
  Call call;
  ASSERT_EQ(run(call), LIMBECK_OK); // the first one of a thread may
  EXPECT_EQ(allocationsOf([&] { EXPECT_EQ(run(call), LIMBECK_OK); }), 0);
}
#endif

TEST_F(CApi, MapsAFile) {
  std::string path = testing::TempDir() + "limbeck-map-" + std::to_string(::getpid()) + ".lmb";
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  limbeck_model *mapped;
  limbeck_context *own;
  ASSERT_EQ(limbeck_model_map_file(path.c_str(), &mapped), LIMBECK_OK) << limbeck_last_error_message();
  ASSERT_EQ(limbeck_context_create(mapped, nullptr, &own), LIMBECK_OK);
  ASSERT_EQ(limbeck_model_destroy(mapped), LIMBECK_OK);
  ::unlink(path.c_str()); // the bytes live on
  Call call;
  call.x[1] = 2.0f;
  ASSERT_EQ(limbeck_run(own, "affine", &call.in, 1, &call.out, 1), LIMBECK_OK)
      << limbeck_last_error_message();
  EXPECT_EQ(call.y[1], 6.5f);
  limbeck_context_destroy(own);
  EXPECT_CODE(limbeck_model_map_file(path.c_str(), &mapped), "E-FILE-KIND");
  EXPECT_CODE(limbeck_model_map_file(nullptr, &mapped), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_map_file(path.c_str(), nullptr), "E-ARGUMENT");
}

TEST_F(CApi, RunMisuse) {
  static int64_t negative[] = {-5}, large[] = {INT64_MAX}, two[] = {1, kAffineElements};
  const Misuse rows[] = {
      {"unknown entry", "E-NAME", [](Call &c) { c.entry = "nothing"; }},
      {"empty name of an entry", "E-NAME", [](Call &c) { c.entry = ""; }},
      {"no inputs", "E-ARITY", [](Call &c) { c.inputCount = 0; }},
      {"no inputs by shape", "E-ARITY", [](Call &c) { c.inputCount = 0, c.entry = nullptr; }},
      {"no outputs", "E-ARITY", [](Call &c) { c.outputCount = 0; }},
      {"absurd count", "E-ARITY", [](Call &c) { c.inputCount = ~uint64_t(0); }},
      {"null inputs", "E-ARGUMENT", [](Call &c) { c.inputs = nullptr; }},
      {"null outputs", "E-ARGUMENT", [](Call &c) { c.outputs = nullptr; }},
      {"null data in", "E-ARGUMENT", [](Call &c) { c.in.data = nullptr; }},
      {"null data out", "E-ARGUMENT", [](Call &c) { c.out.data = nullptr; }},
      {"null dims", "E-ARGUMENT", [](Call &c) { c.in.dims = nullptr; }},
      {"dtype 0", "E-DTYPE", [](Call &c) { c.in.dtype = 0; }},
      {"dtype 16", "E-DTYPE", [](Call &c) { c.in.dtype = 16; }},
      {"dtype of another width", "E-DTYPE", [](Call &c) { c.in.dtype = LIMBECK_F64; }},
      {"dtype of another kind", "E-DTYPE", [](Call &c) { c.out.dtype = LIMBECK_S32; }},
      {"negative rank", "E-RANK", [](Call &c) { c.in.rank = -1; }},
      {"huge rank", "E-RANK", [](Call &c) { c.in.rank = INT32_MAX; }},
      {"rank 0", "E-RANK", [](Call &c) { c.in.rank = 0; }},
      {"rank 2", "E-RANK", [](Call &c) { c.in.rank = 2, c.in.dims = two; }},
      {"rank 2 by shape", "E-RANK", [](Call &c) { c.in.rank = 2, c.in.dims = two, c.entry = nullptr; }},
      {"rank 2 of output", "E-RANK", [](Call &c) { c.out.rank = 2, c.out.dims = two; }},
      {"negative dim", "E-SHAPE", [](Call &c) { c.in.dims = negative; }},
      {"huge dim", "E-SHAPE", [](Call &c) { c.out.dims = large; }},
      {"shape not compiled", "E-SHAPE", [](Call &c) { c.xDims[0] = 1020, c.entry = nullptr; }},
      {"bytes too few", "E-DATA-SIZE", [](Call &c) { --c.in.byte_size; }},
      {"bytes too many", "E-DATA-SIZE", [](Call &c) { ++c.out.byte_size; }},
      {"bytes 0", "E-DATA-SIZE", [](Call &c) { c.out.byte_size = 0; }},
      {"unaligned input", "E-ARGUMENT", [](Call &c) { c.in.data = reinterpret_cast<char *>(c.x) + 1; }},
      {"unaligned output", "E-ARGUMENT", [](Call &c) { c.out.data = reinterpret_cast<char *>(c.y) + 2; }},
      {"output is input", "E-ARGUMENT", [](Call &c) { c.out.data = c.x; }},
      {"output overlaps input", "E-ARGUMENT", [](Call &c) { c.out.data = c.x + 1; }},
  };
  for (const Misuse &row : rows) {
    Call call;
    call.y[0] = 42;
    row.spoil(call);
    EXPECT_EQ(run(call), LIMBECK_INVALID) << row.what;
    EXPECT_STREQ(limbeck_last_error_code(), row.code) << row.what << ": " << limbeck_last_error_message();
    EXPECT_GT(std::string(limbeck_last_error_message()).size(), 10u) << row.what;
    EXPECT_EQ(call.y[0], 42) << row.what;
  }
  Call good;
  good.x[1] = 2;
  EXPECT_EQ(run(good), LIMBECK_OK) << limbeck_last_error_message();
  EXPECT_EQ(good.y[1], 6.5f);
  // Aligned to the element is enough.
  Call shifted;
  shifted.in.data = shifted.x + 1, shifted.out.data = shifted.y + 1;
  EXPECT_EQ(run(shifted), LIMBECK_OK) << limbeck_last_error_message();
  EXPECT_EQ(shifted.y[kAffineElements], 0.5f);
}

TEST_F(CApi, HandleMisuse) {
  auto *foreignModel = reinterpret_cast<limbeck_model *>(context);
  auto *foreignContext = reinterpret_cast<limbeck_context *>(model);
  limbeck_model *none = nullptr;
  limbeck_context *noContext = nullptr;
  uint64_t count = 9;
  Call call;
  EXPECT_CODE(limbeck_model_destroy(nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_context_destroy(nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_destroy(foreignModel), "E-ARGUMENT");
  EXPECT_CODE(limbeck_context_destroy(foreignContext), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_entry_count(foreignModel, &count), "E-ARGUMENT");
  EXPECT_CODE(limbeck_context_create(foreignModel, nullptr, &noContext), "E-ARGUMENT");
  EXPECT_CODE(limbeck_run(foreignContext, "affine", &call.in, 1, &call.out, 1), "E-ARGUMENT");
  EXPECT_CODE(limbeck_run(nullptr, "affine", &call.in, 1, &call.out, 1), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_load_memory(nullptr, 8, &none), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_load_memory(bytes.data(), bytes.size(), nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_load_memory(bytes.data(), 0, &none), "E-ARTIFACT");
  EXPECT_CODE(limbeck_model_load_memory(bytes.data(), bytes.size() - 1, &none), "E-ARTIFACT");
  EXPECT_CODE(limbeck_model_load_file(nullptr, &none), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_load_file("/nothing/here.lmb", &none), "E-FILE-KIND");
  EXPECT_CODE(limbeck_model_load_file("\xff\xfe", &none), "E-FILE-KIND");
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(noContext, nullptr);
  EXPECT_EQ(count, 9u);
}

TEST_F(CApi, DestroyedHandlesAreKnown) {
  limbeck_context *second = nullptr;
  ASSERT_EQ(limbeck_context_create(model, nullptr, &second), LIMBECK_OK);
  EXPECT_EQ(limbeck_context_destroy(second), LIMBECK_OK);
  EXPECT_CODE(limbeck_context_destroy(second), "E-ARGUMENT");
  Call call;
  EXPECT_CODE(limbeck_run(second, "affine", &call.in, 1, &call.out, 1), "E-ARGUMENT");

  limbeck_model *other = nullptr;
  ASSERT_EQ(limbeck_model_load_memory(bytes.data(), bytes.size(), &other), LIMBECK_OK);
  ASSERT_EQ(limbeck_context_create(other, nullptr, &second), LIMBECK_OK);
  EXPECT_EQ(limbeck_model_destroy(other), LIMBECK_OK);
  EXPECT_CODE(limbeck_model_destroy(other), "E-ARGUMENT");
  // The context keeps what it needs of the model.
  EXPECT_EQ(limbeck_run(second, nullptr, &call.in, 1, &call.out, 1), LIMBECK_OK)
      << limbeck_last_error_message();
  EXPECT_EQ(limbeck_context_destroy(second), LIMBECK_OK);
}

TEST_F(CApi, QueriesAndTheirMisuse) {
  uint64_t count = 0;
  const char *text = nullptr;
  limbeck_port port = {};
  EXPECT_CODE(limbeck_model_entry_count(model, nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_entry_name(model, 4, &text), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_entry_name(model, 0, nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_port_count(model, 99, LIMBECK_INPUT, &count), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_port_count(model, 0, 2, &count), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_port_count(model, 0, LIMBECK_INPUT, nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_port(model, 0, LIMBECK_INPUT, 1, &port), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_port(model, 0, LIMBECK_OUTPUT, 0, nullptr), "E-ARGUMENT");
  EXPECT_CODE(limbeck_model_info(model, nullptr), "E-ARGUMENT");

  EXPECT_EQ(limbeck_model_entry_name(model, 3, &text), LIMBECK_OK);
  EXPECT_STREQ(text, "small");
  EXPECT_EQ(limbeck_model_port(model, 1, LIMBECK_INPUT, 0, &port), LIMBECK_OK);
  EXPECT_STREQ(port.name, "text");
  EXPECT_EQ(port.dtype, LIMBECK_U8);
  EXPECT_EQ(port.dims[0], 16);
  EXPECT_EQ(port.byte_size, 16u);
  EXPECT_EQ(limbeck_model_info(model, &text), LIMBECK_OK);
  EXPECT_NE(std::string(text).find("\"affine\""), std::string::npos);
}

TEST_F(CApi, OptionMisuse) {
  limbeck_context *made = nullptr;
  auto with = [&](auto change) {
    limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
    change(options);
    limbeck_status status = limbeck_context_create(model, &options, &made);
    if (status == LIMBECK_OK) {
      limbeck_context_destroy(made);
      return std::string("ok");
    }
    return std::string(limbeck_last_error_code());
  };
  EXPECT_EQ(with([](limbeck_context_options &) {}), "ok");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.threads = 2, o.spin_us = 0; }), "ok");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.struct_size = 0; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.struct_size -= 8; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.struct_size = uint64_t(1) << 40; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.reserved = 1; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.spin_us = -2; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.spin_us = 1001; }), "E-ARGUMENT");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.threads = -1; }), "E-FLAG");
  EXPECT_EQ(with([](limbeck_context_options &o) { o.memory_limit = 1; }), "E-LIMIT-MEM");
  EXPECT_CODE(limbeck_context_create(model, nullptr, nullptr), "E-ARGUMENT");
}

TEST_F(CApi, TakesOptionsOfANewerHeader) {
  struct {
    limbeck_context_options known = LIMBECK_CONTEXT_OPTIONS;
    uint64_t added = 0;
  } options;
  options.known.struct_size = sizeof options;
  limbeck_context *made = nullptr;
  ASSERT_EQ(limbeck_context_create(model, &options.known, &made), LIMBECK_OK) << limbeck_last_error_message();
  limbeck_context_destroy(made);
  options.added = 1;
  EXPECT_CODE(limbeck_context_create(model, &options.known, &made), "E-ARGUMENT");
}

TEST_F(CApi, TellsTheHintApart) {
  std::thread([] { EXPECT_STREQ(limbeck_last_error_hint(), ""); }).join();
  limbeck_context_options options = LIMBECK_CONTEXT_OPTIONS;
  options.struct_size = 0;
  EXPECT_CODE(limbeck_context_create(model, &options, &context), "E-ARGUMENT");
  EXPECT_STREQ(limbeck_last_error_hint(), "initialize them with LIMBECK_CONTEXT_OPTIONS");
  EXPECT_TRUE(std::string_view(limbeck_last_error_message())
                  .ends_with(std::string("; ") + limbeck_last_error_hint()));
  EXPECT_CODE(limbeck_model_entry_count(nullptr, nullptr), "E-ARGUMENT");
  EXPECT_STREQ(limbeck_last_error_hint(), "") << "that of the failure before is gone";
}

TEST_F(CApi, ErrorsBelongToTheirThread) {
  EXPECT_CODE(limbeck_model_load_file("/nothing/here.lmb", &model), "E-FILE-KIND");
  std::thread([] { EXPECT_STREQ(limbeck_last_error_code(), ""); }).join();
  EXPECT_STREQ(limbeck_last_error_code(), "E-FILE-KIND");
}

TEST_F(CApi, DestroyWhileRunning) {
  alignas(64) int32_t go = 0, running = 0;
  int64_t one = 1;
  limbeck_tensor in{&go, LIMBECK_S32, 1, &one, 4}, out{&running, LIMBECK_S32, 1, &one, 4};
  limbeck_status status = LIMBECK_FAILED;
  limbeck_context *busy = nullptr;
  ASSERT_EQ(limbeck_context_create(model, nullptr, &busy), LIMBECK_OK);
  std::thread thread([&] { status = limbeck_run(busy, "wait", &in, 1, &out, 1); });
  while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) == 0)
    std::this_thread::yield();
  int32_t unused = 0;
  limbeck_tensor other{&unused, LIMBECK_S32, 1, &one, 4};
  EXPECT_CODE(limbeck_run(busy, "wait", &in, 1, &other, 1), "E-ARGUMENT"); // in use
  EXPECT_EQ(limbeck_context_destroy(busy), LIMBECK_OK);
  EXPECT_CODE(limbeck_run(busy, "wait", &in, 1, &other, 1), "E-ARGUMENT"); // gone
  __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
  thread.join();
  EXPECT_EQ(status, LIMBECK_OK);
}

} // namespace limbeck::runtime
