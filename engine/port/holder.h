// Which program holds a tap interface.
#pragma once

#include <stdbool.h>

#define PORT_HOLDER_MAX 64

// "ringhall (pid 4711)". False: none that we may see. It looks at the descriptors of every process:
// for a start that fails anyhow.
bool port_tap_holder(const char *interface, char out[PORT_HOLDER_MAX]);
