// One party's sound: packets sent in time, packets received and judged.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload/wire/impair.h"
#include "bench/ringload/wire/port.h"
#include "bench/ringload/profile/profile.h"
#include "bench/ringload/wire/sound.h"
#include "bench/ringload/wire/tally.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"

enum digit_way { DIGITS_NONE, DIGITS_INBAND, DIGITS_EVENT };

struct stream {
	struct hash_node node;	// in the desk's table, by line and far end
	struct media_path path; // its line is constant
	uint32_t id, slot, slot_place;
	bool open;
	// sending
	uint8_t event_pt;
	enum digit_way digits;
	uint16_t seq;
	uint32_t ssrc, ts, count; // count: packets since the stream began
	const struct sound *speech;
	uint32_t began_at, at; // in speech, bytes
	uint32_t call;	       // in its stamps: both parties have the same
	uint64_t press_ns;     // when the first digit began; 0: none did
	// receiving
	const struct sound *prompt; // NULL: none is expected
	bool heard;
	uint16_t rx_seq;
	uint32_t rx_ssrc, rx_ts, first_ts, stamp_next;
	uint64_t seen; // bit n: rx_seq - n came
	uint64_t rx_ns, received, prompt_good, prompt_wrong;
	int64_t transit_ns;		 // least of the stream
	uint32_t peer_heard, peer_wrong; // stamps of the other party; of anybody else
};

// What all streams of a load share.
struct desk {
	const struct profile *profile;
	const struct sound_set *sounds;
	struct tally *tally;
	struct media_port *port;
	struct impair *impair;
	struct rng *rng;
	struct hash remotes;
	uint64_t strays; // packets of nobody
	uint64_t events_heard;
};

// The caller has set id, path, event_pt, digits and prompt.
void stream_open(struct desk *d, struct stream *s);
void stream_close(struct desk *d, struct stream *s);
void stream_send(struct desk *d, struct stream *s, uint64_t due_ns, uint64_t now_ns);
// The lines that receiving or sending will touch are on their way.
static inline void stream_fetch_rx(const struct stream *s)
{
	__builtin_prefetch(&s->prompt, 1);
	__builtin_prefetch(&s->transit_ns, 1);
}

static inline void stream_fetch_tx(const struct stream *s)
{
	for (unsigned i = 0; i < sizeof(s->path); i += 64)
		__builtin_prefetch((const char *)&s->path + i, 1);
	__builtin_prefetch(&s->seq, 1);
	__builtin_prefetch(&s->at, 1);
}

struct stream *stream_find(struct desk *d, uint16_t line, const struct addr *from);
void stream_receive(struct desk *d, struct stream *s, const struct socket_packet *p);
// The sound of packet s->count, of which the first *skip bytes are the stamp's; NULL: it is one
// of a telephone-event. Steps s->at on.
const uint8_t *stream_said(const struct desk *d, struct stream *s, uint32_t *skip);
uint32_t stream_pressed(const struct desk *d, const struct stream *s); // digits, all or none
// Whether the prompt came from its first to its last byte, or as far as it should by now.
bool stream_prompt_whole(const struct desk *d, const struct stream *s);
