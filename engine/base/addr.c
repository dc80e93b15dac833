// Reads, writes and compares addresses.
#include "engine/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "engine/base/str.h"

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

static int addr_parse_port(const char *text, uint16_t *port)
{
	uint64_t value;

	if (str_u64(text, &value) || value > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)value;
	return 0;
}

// Cuts text into the address, without brackets, and the port's text or NULL.
static int addr_split(const char *text, char ip[INET6_ADDRSTRLEN], const char **port)
{
	const char *colon = strchr(text, ':');
	const char *end = text + strlen(text);

	*port = NULL;
	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return -EINVAL;
		*port = end[1] == ':' ? end + 2 : NULL;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = colon;
		*port = colon + 1;
	}
	return str_copy_n(ip, INET6_ADDRSTRLEN, text, (size_t)(end - text)) ? -EINVAL : 0;
}

int addr_parse(const char *text, struct addr *out)
{
	struct addr a = {0};
	char ip[INET6_ADDRSTRLEN];
	const char *port;

	if (addr_split(text, ip, &port))
		return -EINVAL;
	if (*text != '[' && inet_pton(AF_INET, ip, a.ip) == 1)
		a.family = ADDR_IP4;
	else if (inet_pton(AF_INET6, ip, a.ip) == 1)
		a.family = ADDR_IP6;
	else
		return -EINVAL;
	if (port && addr_parse_port(port, &a.port))
		return -EINVAL;
	*out = a;
	return 0;
}

char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "-";
	int af = a->family == ADDR_IP6 ? AF_INET6 : AF_INET;

	if (a->family != ADDR_NONE)
		inet_ntop(af, a->ip, ip, sizeof(ip));
	if (a->port == 0)
		str_copy(out, ADDR_TEXT_MAX, ip);
	else if (af == AF_INET6)
		str_format(out, ADDR_TEXT_MAX, "[%s]:%u", ip, a->port);
	else
		str_format(out, ADDR_TEXT_MAX, "%s:%u", ip, a->port);
	return out;
}

bool addr_in_prefix(const struct addr *ip, const struct addr *net, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (ip->family != net->family || bits > (ip->family == ADDR_IP4 ? 32 : 128))
		return false;
	if (memcmp(ip->ip, net->ip, bytes) != 0)
		return false;
	return rest == 0 || ((ip->ip[bytes] ^ net->ip[bytes]) >> (8 - rest)) == 0;
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[sizeof(a->ip)];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == ADDR_IP6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}
