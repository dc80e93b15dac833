// Random numbers in libre's place: tags, branches, nonces, first sequence numbers.
//
// Libre asks OpenSSL for each of them, which asks the kernel twice who we are (is this a fork?) and
// locks: a dozen system calls a call of ours. Here the kernel's own source fills a pool, which is
// wiped as it is used; the daemon has no forks that would share it. As with control/sip/transport/
// udp, another program may define these functions itself: nobody calls this file by other names.
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "control/sip/transport/libre.h"
#include "engine/base/check.h"

// A page of them: more than 256 bytes may be cut short by a signal, and are asked for in parts.
static void fill(struct libre_random *pool)
{
	while (pool->left < sizeof(pool->bytes)) {
		ssize_t n =
			getrandom(pool->bytes + pool->left, sizeof(pool->bytes) - pool->left, 0);
		check(n > 0 || errno == EINTR);
		pool->left += n > 0 ? (size_t)n : 0;
	}
}

LIBRE_OVERRIDE void rand_bytes(uint8_t *p, size_t size)
{
	struct libre_random *pool = &libre.random;

	while (size) {
		if (!pool->left)
			fill(pool);
		size_t n = size < pool->left ? size : pool->left;
		uint8_t *from = pool->bytes + sizeof(pool->bytes) - pool->left;
		memcpy(p, from, n);
		memset(from, 0, n);
		pool->left -= n;
		p += n;
		size -= n;
	}
}

LIBRE_OVERRIDE uint16_t rand_u16(void)
{
	uint16_t n;

	rand_bytes((uint8_t *)&n, sizeof(n));
	return n;
}

LIBRE_OVERRIDE uint32_t rand_u32(void)
{
	uint32_t n;

	rand_bytes((uint8_t *)&n, sizeof(n));
	return n;
}

LIBRE_OVERRIDE uint64_t rand_u64(void)
{
	uint64_t n;

	rand_bytes((uint8_t *)&n, sizeof(n));
	return n;
}

LIBRE_OVERRIDE char rand_char(void)
{
	static const char chars[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return chars[rand_u16() % (sizeof(chars) - 1)];
}

LIBRE_OVERRIDE void rand_str(char *str, size_t size)
{
	if (!str || !size)
		return;
	while (--size)
		*str++ = rand_char();
	*str = '\0';
}
