// A packet's frame as DPDK has it. In line, for who receives and who delivers (deliver.c): what is
// done with each packet costs no call.
#pragma once

#include <rte_mbuf.h>

#include "engine/net/red_mbuf.h"
#include "engine/net/rx_udp.h"
#include "engine/net/wire.h"

static inline struct rte_mbuf *rx_mbuf(struct rx_frame *f)
{
	return (struct rte_mbuf *)(void *)f;
}

static inline struct rx_frame *rx_frame(struct rte_mbuf *m)
{
	return (struct rx_frame *)(void *)m;
}

static inline uint8_t *rx_frame_bytes(struct rx_frame *f)
{
	return rte_pktmbuf_mtod(rx_mbuf(f), uint8_t *);
}

// Its memory is its own and has room for headers longer than those that came.
static inline bool rx_frame_may_go_on(struct rx_frame *f)
{
	const struct rte_mbuf *m = rx_mbuf(f);

	return m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 &&
		rte_pktmbuf_headroom(m) >= WIRE_HEAD;
}

// A whole packet goes back without its second cache line being touched. NULL: it was answered.
static inline void rx_frame_done(struct rx_frame *f)
{
	struct rte_mbuf *m = rx_mbuf(f);

	red_mbuf_end(m);
	if (m && m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)
		rte_mbuf_raw_free(m);
	else
		rte_pktmbuf_free(m);
}
