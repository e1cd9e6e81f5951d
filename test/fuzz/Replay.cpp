// Feeds recorded inputs to a fuzz target that is built without libFuzzer: PROGRAM FILE.. Dies at the first bad one, after
// its name was printed.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **arguments) {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "expected a file, found '%s'\n", arguments[i]);
      return 2;
    }
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    std::printf("%s\n", arguments[i]);
    std::fflush(stdout);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
}
