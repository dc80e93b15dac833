// Traced SIP messages as a classic capture file: Ethernet, IPv4 or IPv6, UDP or TCP around the
// bytes that were on the wire, with valid checksums. The MAC addresses are made up, TCP
// connections appear without their handshake.
#pragma once

#include <stdio.h>

#include "control/ringctl/sip.h"

// How many messages were written; those without addresses cannot be.
size_t pcap_write(FILE *file, const struct sip_message *messages, size_t count);
