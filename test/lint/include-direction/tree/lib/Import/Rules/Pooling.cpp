#include "../Parse.h"
#include "../../Reference/Window.h"
