// Libre's sockets are of the simulated network from here on.
#pragma once

void udp_simulate(void);
