// What each room brings into a configuration, for whoever loads one or prints its reference.
#pragma once

#include "control/config/modules.h"

extern const struct config_modules control_modules;
