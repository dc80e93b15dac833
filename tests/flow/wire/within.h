// A dialog's inside: what line.c, within.c and session.c share.
#pragma once

#include "tests/flow/wire/line.h"

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
