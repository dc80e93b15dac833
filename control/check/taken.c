// Whether somebody listens already where a listener would: as the kernel lists it, since to bind
// there, even for a moment, could refuse a start beside us.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/check/host.h"
#include "engine/base/str.h"

#define TCP_LISTENS 0x0a

// "0100007F": 32-bit words as this machine has them, of an address in network byte order.
static void address_read(const char *hex, struct addr *out)
{
	char word[9];
	*out = (struct addr){.family = strlen(hex) > 8 ? ADDR_IP6 : ADDR_IP4};
	for (size_t i = 0; i < 4 && strlen(hex) >= 8 * (i + 1); i++) {
		str_copy_n(word, sizeof(word), hex + 8 * i, 8);
		uint32_t bytes = (uint32_t)strtoul(word, NULL, 16);
		memcpy(out->ip + 4 * i, &bytes, sizeof(bytes));
	}
}

static bool collides(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->port == b->port &&
		(addr_same_ip(a, b) || addr_is_any(a) || addr_is_any(b));
}

static bool table_has(const char *table, const struct config_listen *l)
{
	char line[512], hex[33];
	unsigned port, state;
	struct addr there;
	bool has = false;
	FILE *f = fopen(table, "re");
	if (f == NULL)
		return false;
	while (!has && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, " %*s %32[0-9A-Fa-f]:%x %*s %x", hex, &port, &state) != 3)
			continue;
		address_read(hex, &there);
		there.port = (uint16_t)port;
		has = (!transport_of(l->transport)->connects || state == TCP_LISTENS) &&
			collides(&there, &l->address);
	}
	fclose(f);
	return has;
}

bool check_host_taken(const struct config_listen *l)
{
	bool ip6 = l->address.family == ADDR_IP6;
	if (transport_of(l->transport)->connects)
		return table_has(ip6 ? "/proc/net/tcp6" : "/proc/net/tcp", l);
	return table_has(ip6 ? "/proc/net/udp6" : "/proc/net/udp", l);
}
