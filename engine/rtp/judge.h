// The judgement of a packet: where it stands in the stream of its source. Taken once, on arrival,
// for all that a session does with it (after RFC 3550 appendix A.1, with the timestamp as witness).
// Plain logic: no session, no clock.
//
// What a stream is known by afterwards, and nobody looks at numbers or timestamps again to find
// out whether the far end began anew:
//   line: a time line. Timestamps of one line can be compared: sound has its place by them, a
//         telephone-event is the same press. Another source begins one, and so does a timestamp
//         that leaps, goes back, or stood still while nothing came.
//   run:  a run of sequence numbers. Numbers of one run can be compared. A far end that numbers
//         anew while its timestamps go on begins a run and no line.
// Relay, ear, tap and events all hold the line (relay the run too) of what they had before and
// begin anew when a packet has another.
//
// A number that does not fit is not believed by itself. When the timestamp says that the sound
// comes next, as the clock wants it, it is believed at once. Else a second packet in sequence has
// to confirm it (A.1); when both say that the packet is merely old, nothing newer may come besides.
// A duplicate is a number that has come and a timestamp that is not new; a fifth of a second of
// them in a row, and nothing else, is a far end that sends its sound again.
//
// Delay is no judgement: sound that was held up by the network keeps its line, however much of it
// comes at once. A far end that paused without moving its timestamps looks the same at first; it
// is known by its marker (RFC 3551 section 4.1), or because what comes then is not caught up.
#pragma once

#include "engine/rtp/rtp.h"

enum judge_kind {
	JUDGE_SOUND,
	JUDGE_BESIDE, // has a number of the stream and a time of its own: events, comfort noise
};

enum judge_order {
	JUDGE_NEXT,	  // in order
	JUDGE_GAP,	  // in order; numbers before it are missing
	JUDGE_LATE,	  // behind newer ones, as timestamps go too
	JUDGE_OLD,	  // so far that nobody knows whether it came before: has its place, is not
			  // passed on
	JUDGE_RENUMBERED, // a new run: numbers begin anew, timestamps go on
	JUDGE_RETIMED,	  // a new line: numbers go on, timestamps begin anew
	JUDGE_RESTARTED,  // both, of the same source
	JUDGE_SOURCE,	  // another source, or the first one: both
	JUDGE_DUPLICATE,  // to be dropped
	JUDGE_STRAY,	  // to be dropped: far from the others, and not confirmed yet
};

#define JUDGE_DROPPED(order) ((order) >= JUDGE_DUPLICATE)

struct judge_arrival {
	uint32_t came;	 // now in timestamp units of any origin
	uint32_t units;	 // that its sound lasts, in timestamp units
	uint32_t per_ms; // timestamp units: 8 or 48
	enum judge_kind kind;
};

// Counts it, and says what it is. Afterwards r->line and r->run are the packet's, unless it is to
// be dropped.
enum judge_order judge(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a);

// The far end's clock is another one from now on: nothing can be compared.
void judge_reclock(struct rtp_rx *r);

#define JUDGE_LAG_MS  100 // behind the quickest packets, of what needs no second look
#define JUDGE_LEAP_MS 200 // before them: the timestamp leapt

// --- in line, for relayed packets of an 8 kHz clock ---

// The very next one, in its time.
static inline bool judge_is_next(const struct rtp_rx *r, const struct rtp_packet *p, uint32_t came)
{
	uint32_t lag = came - p->ts - r->least_transit;

	return r->timed && p->ssrc == r->ssrc && p->seq == (uint16_t)(r->max_seq + 1) &&
		p->ts == r->end_ts && lag + JUDGE_LEAP_MS * 8 <= (JUDGE_LEAP_MS + JUDGE_LAG_MS) * 8;
}

// The same as judge then.
static inline void judge_next(
	struct rtp_rx *r, const struct rtp_packet *p, uint32_t units, uint32_t came)
{
	uint32_t transit = came - p->ts;

	r->cycles += p->seq == 0 ? RTP_SEQ_MOD : 0;
	r->max_seq = p->seq;
	r->history = r->history << 1 | 1;
	r->received++;
	r->bad_seq = RTP_SEQ_MOD;
	r->end_ts = p->ts + units;
	r->came = came;
	r->lagging = r->beside = false;
	if ((int32_t)(transit - r->least_transit) < 0)
		r->least_transit = transit;
}
