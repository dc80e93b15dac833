// Whether the host's interface under a media port is up and has its carrier. Drivers that borrow
// an interface of the host do not all tell. Control thread only.
#pragma once

#include <stdbool.h>

struct config;

// Remembers the interfaces of the configuration's ports; the engine has made or found them.
void links_start(const struct config *config);
void links_stop(void);
// True where the port has no interface of the host, or none was found at the start.
bool links_up(unsigned port);
