// Red zones behind received frames.
#include "engine/net/red_mbuf.h"

#include <rte_mbuf.h>

#include "engine/base/red.h"

#define MBUF_ZONE 64

static size_t behind(const struct rte_mbuf *m, uint8_t **at)
{
	size_t room = rte_pktmbuf_tailroom(m);

	*at = rte_pktmbuf_mtod(m, uint8_t *) + m->data_len;
#ifdef RED_POISONS
	return room;
#else
	return room < MBUF_ZONE ? room : MBUF_ZONE;
#endif
}

void red_mbuf_begin(struct rte_mbuf *m)
{
	uint8_t *at;
	size_t bytes = behind(m, &at);

	if (m->nb_segs == 1 && bytes > 1)
		red_begin(at, bytes);
}

void red_mbuf_end(struct rte_mbuf *m)
{
	uint8_t *at;
	size_t bytes = m ? behind(m, &at) : 0;

	if (bytes > 1 && m->nb_segs == 1)
		red_end(at, bytes);
}
