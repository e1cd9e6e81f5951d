/* Runs one compiled entry on AArch64: `Runner TASK RESULTS`.
 *
 * TASK, 64-bit little-endian numbers and blobs (a length, then bytes): span, offset of the executable part, offset of the entry,
 * bytes of the arena, workers; the read-only part and the executable part as blobs; then counted lists: weights (blobs), inputs
 * (blobs), outputs (lengths). RESULTS: the bytes of all outputs. Exit 0, or 1 with a reason. */
#define _GNU_SOURCE
#include "limbeck-c/Abi.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { kMost = 4096, kPage = 65536 };

static void stop(const char *reason) {
  fprintf(stderr, "arm64 runner: %s\n", reason);
  exit(1);
}

static FILE *task;

static uint64_t number(void) {
  uint64_t value;
  if (fread(&value, sizeof value, 1, task) != 1)
    stop("the task is too short");
  return value;
}

static size_t pages(size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}

static uint8_t *map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    stop("no memory");
  return memory;
}

/* `size` bytes that end at a page without access; `alignment` of the first. */
static uint8_t *guarded(size_t size, size_t alignment, uint8_t fill) {
  size_t room = pages(size) + kPage;
  uint8_t *memory = map(room + kPage);
  mprotect(memory + room, kPage, PROT_NONE);
  memset(memory, fill, room);
  return memory + (room - size) / alignment * alignment;
}

static void read_bytes(void *to, size_t size) {
  if (size && fread(to, size, 1, task) != 1)
    stop("the task is too short");
}

static uint64_t workers;
static int failed;

/* The last worker first: none may depend on another. */
static void parallel(void *pool, LimbeckTask run, void *frame, int32_t useful) {
  (void)pool, (void)useful; /* kernels are tested with many workers, however small */
  for (int32_t worker = (int32_t)workers; worker-- > 0;)
    run(frame, worker, (int32_t)workers);
}

static void fail(void *pool, int32_t code, const char *message) {
  (void)pool;
  fprintf(stderr, "arm64 runner: code %d: %s\n", code, message);
  failed = 1;
}

static uint64_t list(void *pointers[kMost], size_t alignment) {
  uint64_t count = number();
  if (count > kMost)
    stop("too many tensors");
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t size = number();
    pointers[i] = guarded(size, alignment, 0xa5);
    read_bytes(pointers[i], size);
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc != 3 || !(task = fopen(argv[1], "rb")))
    stop("expected the files of a task and of its results");
  uint64_t span = number(), executable = number(), entry = number(), arena_bytes = number();
  workers = number();
  uint8_t *image = map(pages(span));
  uint64_t read_only_size = number();
  if (read_only_size > executable || executable > span)
    stop("the parts of the image overlap");
  read_bytes(image, read_only_size);
  uint64_t executable_size = number();
  if (executable_size > span - executable)
    stop("the code leaves the image");
  read_bytes(image + executable, executable_size);
  static void *weights[kMost], *inputs[kMost], *outputs[kMost];
  static uint64_t sizes[kMost];
  list(weights, 64);
  list(inputs, 1);
  uint64_t output_count = number();
  if (output_count > kMost)
    stop("too many tensors");
  for (uint64_t i = 0; i < output_count; ++i)
    outputs[i] = guarded(sizes[i] = number(), 1, 0xcd);
  uint8_t *arena = guarded(arena_bytes, 64, 0xff);
  mprotect(image, pages(span), PROT_READ | PROT_EXEC);
  __builtin___clear_cache((char *)image, (char *)image + span);

  struct LimbeckApi api = {LIMBECK_ABI_VERSION, NULL, parallel, fail, workers, NULL};
  LimbeckEntry run;
  void *address = image + entry;
  memcpy(&run, &address, sizeof run);
  int32_t code = run(&api, inputs, outputs, arena, (const uint8_t *const *)weights);
  if (code != 0 || failed)
    stop("the code failed");

  FILE *results = fopen(argv[2], "wb");
  for (uint64_t i = 0; results && i < output_count; ++i)
    if (sizes[i] && fwrite(outputs[i], sizes[i], 1, results) != 1)
      stop("cannot write the results");
  return results && fclose(results) == 0 ? 0 : 1;
}
