#include "limbeck/Artifact/Reader.h"
#include "limbeck/Graph/IR/Ops.h"
