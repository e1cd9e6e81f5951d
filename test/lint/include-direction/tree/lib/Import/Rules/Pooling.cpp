#include "../../Reference/Window.h"
#include "../Parse.h"
