// A network in simulated time: datagrams between addresses, which by seed are lost, doubled, late
// and so out of order, refused at once or cut off. One for the process: all that sends is here, the
// daemon's sockets (udp.c) and the scripts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/dlist.h"

struct sim;
struct timers;

typedef void net_h(const struct addr *from, const char *text, size_t len, void *arg);

struct net_port { // somebody who listens
	struct dlist link;
	struct addr at;
	net_h *fn;
	void *arg;
	struct sim *world; // in which it hears
	uint64_t cut_ms;   // until when the line to it was cut last, or it was not there
	bool cut;
};

struct net_faults {			       // of thousand datagrams
	unsigned lost, doubled, late, refused; // refused: who sends is told so, as by ICMP
	unsigned late_ms, delay_ms;	       // at most; of those late, and of all
};

struct net_counts {
	uint64_t sent, lost, doubled, late, refused, cut, nowhere;
	uint64_t hash; // over all that was sent, when and how it went: equal runs have equal ones
};

struct net_setup {
	struct timers *timers;
	uint64_t seed;
	struct net_faults faults;
	bool told;		      // each datagram on stderr
	void (*enter)(struct sim *w); // the world that hears what comes for it
};
void net_begin(const struct net_setup *setup);
bool net_join(void);				  // true: it stands already, and is for one more
bool net_shared(void);				  // by several
void net_end(void);				  // the last one's: what is on its way is gone
void net_faults(const struct net_faults *faults); // from now on
const struct net_faults *net_faults_now(void);
bool net_is_clean(void); // nothing of that kind, ever
const struct net_counts *net_counts(void);
uint64_t net_random(void); // of the same seed, for what senders choose

void net_open(struct net_port *p, const struct addr *at, net_h *fn, void *arg);
void net_close(struct net_port *p); // harmless when it is not open
void net_cut(struct net_port *p, bool on);
void net_mute(const struct addr *at, bool on); // what it sends, or would hear, is gone
void net_shake(void);			       // all lines are cut for a moment
bool net_was_cut(const struct net_port *p, uint64_t since_ms); // at any time since, or is
// 0, or an errno by which the sender is refused.
int net_send(const struct addr *from, const struct addr *to, const char *text, size_t len);
// Takes what is due at this moment to its place, and what is sent for it in turn.
void net_settle(void);
