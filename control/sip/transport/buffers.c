// A buffer that loses more than half of its room is a new one.
#include "control/sip/transport/buffers.h"

#include <errno.h>
#include <string.h>

#include "control/sip/transport/libre.h"

uint64_t buffers_moved(void)
{
	return libre.moved;
}

// Of what others hold too they keep theirs.
static bool move(struct mbuf *mb, size_t size)
{
	uint8_t *to = mem_alloc(size, NULL);

	if (!to)
		return false;
	memcpy(to, mb->buf, size);
	mem_deref(mb->buf);
	mb->buf = to;
	mb->size = size;
	libre.moved++;
	return true;
}

LIBRE_OVERRIDE int mbuf_resize(struct mbuf *mb, size_t size)
{
	if (!mb)
		return EINVAL;
	if (mb->buf && size < mb->size / 2 && move(mb, size))
		return 0;
	// Without memory for it, in place: what shortens a buffer takes it that this cannot fail.
	uint8_t *buf = mb->buf ? mem_realloc(mb->buf, size) : mem_alloc(size, NULL);
	if (!buf)
		return ENOMEM;
	mb->buf = buf;
	mb->size = size;
	return 0;
}
