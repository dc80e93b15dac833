// Whether the host's interface under a media port is up and has its carrier. Drivers that borrow
// an interface of the host do not all tell. Control thread only.
#pragma once

#include <stdbool.h>

#include "engine/bounds.h"

struct config;

struct links {
	int fd;
	unsigned count;
	unsigned index[PORTS_MAX]; // 0: no interface of the host's
};

// Remembers the interfaces of the configuration's ports; the engine has made or found them.
void links_init(struct links *l, const struct config *config);
void links_fini(struct links *l);
// True where the port has no interface of the host, or none was found at the start.
bool links_up(const struct links *l, unsigned port);
