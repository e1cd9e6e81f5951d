#include "limbeck/Import/Model.h"
#include "limbeck/Lower/Kernel.h"
#include "limbeck/Support/Status.h"
