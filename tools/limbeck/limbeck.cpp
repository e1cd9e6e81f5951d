// The program: everything is in lib/CommandLine.
#include "limbeck/CommandLine/CommandLine.h"

int main(int argc, char **argv) {
  return limbeck::command::runCommandLine(argc, argv);
}
