#include "limbeck/Artifact/Reader.h"
#include "limbeck/Reference/Operation.h"
