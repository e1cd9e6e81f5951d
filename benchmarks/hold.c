/* Hides what is beyond AVX2 from a library that asks the processor for itself and has no setting for it.
 *
 * In a copy of the library each `cpuid` is `int3; nop` (engines/hold.py). The trap is answered here with what the processor says, less
 * the features to hide. Nothing else of the library changes, and nothing of it runs slower: it asks while it is loaded. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#ifdef __x86_64__
#include <cpuid.h>

enum { EAX, EBX, ECX, EDX };
#define BIT(n) (1u << (n))

/* Features of AVX-512, AMX, AVX10 and of AVX with products of bytes, by leaf, subleaf and register. */
static const struct {
  uint32_t leaf, subleaf;
  int place;
  uint32_t bits;
} kHidden[] = {
    {7, 0, EBX, BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31)},
    {7, 0, ECX, BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14)},
    {7, 0, EDX, BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25)},
    {7, 1, EAX, BIT(4) | BIT(5) | BIT(21) | BIT(23)},
    {7, 1, EDX, BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19)},
    {0x0d, 0, EAX, BIT(5) | BIT(6) | BIT(7) | BIT(17) | BIT(18)},
    {0x1d, 0, EAX, ~0u},
    {0x24, 0, EBX, ~0u},
};

static struct sigaction previous;
static volatile int answered;

static void answer(int signal, siginfo_t *info, void *context) {
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uint8_t *next = (const uint8_t *)registers[REG_RIP];
  if (next[-1] != 0xcc || next[0] != 0x90) { /* a trap of somebody else */
    sigaction(signal, &previous, 0);
    return;
  }
  uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX], found[4];
  __cpuid_count(leaf, subleaf, found[EAX], found[EBX], found[ECX], found[EDX]);
  for (size_t i = 0; i < sizeof kHidden / sizeof *kHidden; ++i)
    if (kHidden[i].leaf == leaf && kHidden[i].subleaf == subleaf)
      found[kHidden[i].place] &= ~kHidden[i].bits;
  registers[REG_RAX] = found[EAX];
  registers[REG_RBX] = found[EBX];
  registers[REG_RCX] = found[ECX];
  registers[REG_RDX] = found[EDX];
  ++answered;
}

/* 0 when traps are answered from here on. */
int limbeckHold(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = answer;
  action.sa_flags = SA_SIGINFO;
  return sigaction(SIGTRAP, &action, &previous);
}

/* How often the library asked. */
int limbeckAnswered(void) {
  return answered;
}
#else
int limbeckHold(void) {
  return -1;
}
int limbeckAnswered(void) {
  return 0;
}
#endif
