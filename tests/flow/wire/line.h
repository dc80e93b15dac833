// A script's call: one INVITE dialog from its side, from either end.
#pragma once

#include "tests/flow/wire/peer.h"

enum line_state {
	LINE_CALLING,  // our INVITE has no final answer
	LINE_RINGING,  // theirs has none
	LINE_ANSWERED, // a 200 came or went, and its ACK has not
	LINE_UP,
	LINE_LEAVING, // our BYE has no answer
	LINE_OVER,    // as seen from here
};

struct line;

struct line_handlers {
	void (*answered)(struct line *l, unsigned status); // our INVITE's final answer; 0: none
	void (*up)(struct line *l);			   // the ACK to our 200 came
	void (*over)(struct line *l);			   // last; it may be freed then
};

struct line_manners { // what it does that others don't
	bool no_ack, bad_sdp, late_offer, bad_answer, deaf_to_probes, stuck;
	// What may ask for a password first; NULL: nothing does.
	bool (*challenges)(struct peer *at, struct tell *t, const struct text *m);
	unsigned ack_ms; // after the 200
};

struct line_session {			     // of RFC 4028
	bool knows, update;		     // takes UPDATE, and says so
	bool mine, lazy;		     // would look after it; does not, all the same
	bool ours;			     // as agreed: we look after it
	unsigned expires_s, asked_s, glares; // glares: before it was agreed
	char asked_who;			     // 'c', 's'; 0: it is left to us
	uint64_t since_ms;
};

struct line {
	struct dlist link;
	struct peer *peer;
	const struct line_handlers *h;
	void *arg;
	enum line_state state;
	bool caller, cancelled, leaves; // leaves: BYE as soon as the ACK has gone
	struct line_manners manners;
	const char *user, *password; // when it may be asked for them; NULL: it has none
	char call_id[128], local_tag[32], remote_tag[64];
	char local[400], remote[400], target[256], routes[1024]; // URIs with < >; Route lines
	struct addr to;
	uint32_t cseq, remote_cseq, invite_cseq;
	struct ask *invite, *change, *bye; // ours, under way; change: within the dialog
	struct tell *asked;		   // theirs
	char *headers;			   // of our INVITE, once more
	struct timer timer;		   // the ACK is due; the 200 comes again
	struct line_session session;
	struct timer life, later; // of the session; what crossed theirs is asked again
	unsigned glares;
	struct tell *reasked; // a re-INVITE of theirs whose 200 has no ACK
	struct timer unacked;
	uint64_t reasked_ms;
	unsigned reasked_interval_ms;
	uint32_t reasked_cseq;
	uint64_t begun_ms, since_ms,
		silent_ms; // since: answered; its voice is gone since then (0: is there)
	unsigned interval_ms, sdp_version, tries;
	struct text_media ours, theirs;
	char call[64]; // X-Ringhall-Call of theirs
	bool queue;    // they named one
	char *ack;     // as it was sent: headers
};

// lines: those that are alive, of whatever peer.
struct line *line_new(
	struct dlist *lines, struct peer *p, const struct line_handlers *h, void *arg);
struct line *line_find(const struct dlist *lines, const struct text *m);
void line_free(struct line *l); // nothing is sent

struct line_call {
	const char *from, *uri, *headers; // From's value, request URI, more headers
	const struct addr *to;
};
void line_invite(struct line *l, const struct line_call *c);
// An INVITE of theirs: 100.
void line_receive(struct line *l, struct tell *t, const struct text *m);
void line_ring(struct line *l); // 180
void line_answer(struct line *l);
void line_refuse(struct line *l, unsigned status, const char *headers);
void line_cancel(struct line *l); // or what else ends it now
bool line_bye(struct line *l);	  // false: not in this state
void line_direct(struct line *l, const char *direction);
void line_info(struct line *l, char digit);
void line_ghost(struct line *l, bool old); // a BYE that is not its own, or an old one
void line_request(struct line *l, struct tell *t, const struct text *m); // within it; t NULL: ACK
void line_again(struct line *l, const struct text *answer);		 // a 2xx, again
void line_cancelled(struct line *l);
void line_give_up(struct line *l); // whatever its state

// --- a dialog's inside: what line.c, within.c, session.c and owed.c share ---
struct line_within {
	const char *method, *headers, *body;
	uint32_t cseq; // 0: the next
	ask_h *fn;
};
struct ask *line_ask(struct line *l, const struct line_within *w);
void line_headers(struct line *l, uint32_t cseq, const char *method, struct str_buf *b);
void line_sdp(struct line *l, char out[1024]);
void line_answer_sdp(struct line *l, struct tell *t, const char *more);
void line_leave(struct line *l); // BYE
void line_end(struct line *l);	 // it is over
void line_acked(struct line *l, const struct text *m);
void line_offer(struct line *l); // a re-INVITE as things are
void line_offer_later(struct line *l, unsigned ms);
void line_unasked(struct line *l); // no ACK to a 200 within it is waited for
bool line_was_disturbed(const struct line *l, uint64_t since_ms);

// --- session timers (RFC 4028) ---
#define SESSION_TEXT 256
void session_draw(struct line *l);			     // what it knows of them, by chance
void session_offer(struct line *l, char out[SESSION_TEXT]);  // headers of our INVITE
void session_asked(struct line *l, const struct text *m);    // of a request of theirs
void session_answer(struct line *l, char out[SESSION_TEXT]); // headers of our 200 to that
void session_settled(struct line *l, const struct text *m);  // by their 200 to ours
void session_start(struct line *l);			     // it is up
void session_stop(struct line *l);
void session_bye(const struct line *l); // of theirs: was it in time, or for want of a refresh?
// Our BYE was of no call: then theirs has come or will.
void owed_begin(const struct line *l);
void owed_came(const struct text *m);
