// What the engine tells the XDP program: its media addresses, as keys of a map.
// Read by the kernel's program too, so nothing but fixed-width integers.
#pragma once

#include <stdint.h>

#define MEDIA_KEYS_NAME "media_addresses" // as long as the kernel lets a map's name be
#define MEDIA_KEYS_MAX	64

struct media_key {
	uint8_t ip[16];	 // network byte order; IPv4 in the first 4 bytes, the rest 0
	uint16_t vlan;	 // host byte order; 0: untagged
	uint16_t family; // 4 or 6
};
