#include "limbeck-c/Runtime.h"
#include "limbeck/Runtime/Model.h"
#include "llvm/ADT/StringRef.h"
