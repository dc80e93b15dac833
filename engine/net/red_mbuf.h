// Red zones (base/red.h) behind the data of each mbuf.
#pragma once

#ifdef GUARDS

struct rte_mbuf;

void red_mbuf_begin(struct rte_mbuf *m); // received
void red_mbuf_end(struct rte_mbuf *m);	 // to be answered, passed on or given back

#else

#define red_mbuf_begin(m) ((void)0)
#define red_mbuf_end(m)	  ((void)0)

#endif
