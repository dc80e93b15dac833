// AF_XDP on an interface that the host uses too: which program sorts the frames, who owns the
// interface, and what the program has to know.
#pragma once

#include "engine/config.h"

#define XDP_PATH_MAX 192

struct port_xdp {
	int claim;		    // descriptor; -1: none
	char program[XDP_PATH_MAX]; // that the driver loads; "": its own
};

// Chooses extra's program, else the installed one; refuses where the host would lose its traffic.
// Takes the interface for this process: the driver would remove another engine's program. What
// an engine left behind that was killed is removed.
int port_xdp_start(struct port_xdp *x, const struct engine_port *p, char error[ENGINE_ERROR_MAX]);
void port_xdp_stop(struct port_xdp *x);

// Tells the loaded program the media addresses of a port; one without our map decides by itself.
// Until then the host gets every frame.
int port_xdp_addresses_start(const struct port_xdp *x, const struct engine_config *config,
	unsigned port, char error[ENGINE_ERROR_MAX]);
