// A script's place on the network: its transactions by RFC 3261 17, the client's and the server's,
// with their own timers. What it gets it judges as any far end may.
#pragma once

#include "control/base/timer.h"
#include "tests/flow/wire/net.h"
#include "tests/flow/wire/text.h"

#define PEER_T1_MS	500
#define PEER_T2_MS	4000
#define PEER_GIVE_UP_MS 32000
// What came so late that its sender has given up: it was sent again and again to a line that was
// cut, and the last of them was long on its way.
#define PEER_GHOST_MS 40000

struct peer;

// NULL: no final answer came in time. A final answer, or none, is the last that is told.
typedef void ask_h(const struct text *answer, void *arg);

struct ask { // a request of ours, until its final answer; freed by itself
	struct dlist link;
	struct peer *peer;
	struct timer timer;
	struct addr to;
	char branch[40], method[16];
	char *text; // as it was sent
	uint64_t begun_ms;
	unsigned interval_ms;
	bool provisional, done, cancel; // cancel: as soon as it may be
	bool quiet;			// no fault when it is not answered
	ask_h *fn;			// NULL: nobody wants to know any more
	void *arg;
};

struct tell { // a request to us, for as long as it may come again; freed by itself
	struct dlist link;
	struct peer *peer;
	struct timer timer;
	struct addr to;
	char branch[80], method[16], tag[24];
	char *head;		   // of its answers: from Via to CSeq
	char *answer;		   // the last
	uint64_t hash;		   // of the request
	uint64_t begun_ms, end_ms; // end: when it is forgotten
	unsigned interval_ms, status;
	bool acked;
	void *line; // whose INVITE it is, which keeps it; NULL: nobody's any more
};

struct peer {
	struct net_port port;
	struct dlist asks, tells;
	bool deaf; // answers nothing and hears nothing
	// A request that is new; an ACK to a 2xx has no tell.
	void (*request)(struct peer *p, struct tell *t, const struct text *m, void *arg);
	void (*cancelled)(struct peer *p, struct tell *t, void *arg);	     // its INVITE
	void (*again)(struct peer *p, const struct text *answer, void *arg); // 2xx of none
	void *arg;
};

void peer_open(struct peer *p, const struct addr *at);
void peer_close(struct peer *p); // all transactions are forgotten
void peer_moves(struct peer *p, const struct addr *to);
// Method, URI and then headers from To on, whole lines; body may be NULL. fn may be NULL.
struct peer_request {
	const char *method, *uri, *headers, *body;
	const char *type; // of the body; NULL: SDP
	const struct addr *to;
	const char *branch; // NULL: a new one
	ask_h *fn;
	void *arg;
};
struct ask *peer_ask(struct peer *p, const struct peer_request *r); // NULL: an ACK
void peer_cancel(struct ask *a);				    // an INVITE's
void peer_answer(struct tell *t, unsigned status, const char *headers, const char *body);
void peer_repeat(struct tell *t); // the last answer
