// Red zones, in builds with -Dguards=enabled: bytes behind each session, ear, coder and pool's
// piece, and behind the data of each mbuf, that nobody may touch. Under AddressSanitizer they are
// poisoned, so that reading them is seen too; else they hold a pattern that each tick looks at. In
// other builds they take no room and no time.
#pragma once

#ifdef GUARDS

#define RED_ZONE 128 // bytes: whole cache lines, and an even number of them

struct session_table;
struct rte_mbuf;

void red_table_begin(struct session_table *t);
void red_table_check(struct session_table *t);
void red_table_end(struct session_table *t);
void red_mbuf_begin(struct rte_mbuf *m); // received
void red_mbuf_end(struct rte_mbuf *m);	 // to be answered, passed on or given back

#else

#define RED_ZONE 0

#define red_table_begin(t) ((void)0)
#define red_table_check(t) ((void)0)
#define red_table_end(t)   ((void)0)
#define red_mbuf_begin(m)  ((void)0)
#define red_mbuf_end(m)	   ((void)0)

#endif
