// A telephone-event that arrived, on its way to the collected digits and to the peer.
#include "engine/session/event.h"

#include "engine/bridge/bridge.h"
#include "engine/bridge/mask.h"
#include "engine/digits/collect.h"

// A digit is told late rather than never, but not passed on after a stall. What is passed on is one
// press to the far end too.
static void pass_on(struct worker *w, struct session *s, const struct rtp_packet *p, char begun)
{
	struct rtp_packet same = *p;

	same.ts = event_rx_pass_ts(&s->event);
	if (!worker_is_waking(w))
		bridge_event(w, s, &same, begun);
}

void session_event(struct worker *w, struct session *s, const struct rtp_packet *p,
	const struct event_packet *e)
{
	char digit = event_digit(e->code);
	uint32_t scale = session_event_scale(s);

	s->event.wide_clock = codec_clock_scale(s->in_codec) > 1;
	s->event.wide_count = scale > 1;
	enum event_change change = event_rx_take(&s->event, e, p, session_ms(w));
	bool begun = change == EVENT_BEGUN || change == EVENT_BEGUN_AND_ENDED;

	if (s->in_flags & IN_MASKED)
		mask_event(w, s);
	else if (change != EVENT_OLD)
		pass_on(w, s, p, begun ? digit : 0);
	if (!digit)
		return;
	if (begun) {
		struct collect_digit c = {DIGIT_EVENT, digit, (uint16_t)(e->duration / 8 / scale)};
		collect_begin(w, s, &c);
		session_clock(w->sessions, s); // its tick ends it if the far end does not
	}
	if (change == EVENT_SAME)
		collect_sounds(w, s, DIGIT_EVENT, digit);
	if (change == EVENT_ENDED || change == EVENT_BEGUN_AND_ENDED)
		collect_end(w, s, DIGIT_EVENT, digit);
}
