// One IPv4 or IPv6 transport address by value, without the kernel's socket types.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family { ADDR_NONE = 0, ADDR_IP4 = 4, ADDR_IP6 = 6 };

struct addr {
	uint8_t family; // enum addr_family
	uint8_t pad;
	uint16_t port;	// host byte order, 0 = none
	uint8_t ip[16]; // network byte order; IPv4 in the first 4 bytes, the rest 0
};

#define ADDR_TEXT_MAX 64 // "[ffff:...:ffff]:65535" and its NUL fit

bool addr_equal(const struct addr *a, const struct addr *b);   // address and port
bool addr_same_ip(const struct addr *a, const struct addr *b); // address alone
// Text forms: "192.0.2.1", "192.0.2.1:4000", "2001:db8::1", "[2001:db8::1]:4000".
// Returns 0 or -EINVAL; the port is 0 where the text has none.
int addr_parse(const char *text, struct addr *out);
// Writes address and, when not 0, the port; always NUL-terminated. Returns out.
char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);
bool addr_is_any(const struct addr *a);	       // 0.0.0.0, ::
bool addr_is_link_local(const struct addr *a); // fe80::/10 (RFC 4291 2.5.6)
// True when ip lies within prefix/bits of net (same family).
bool addr_in_prefix(const struct addr *ip, const struct addr *net, unsigned bits);
