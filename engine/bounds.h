// Every bound of the engine in one place, with the relations between them checked.
#pragma once

#include <stdint.h>

#include "dsp/codec.h"
#include "dsp/frame.h"

#define WORKERS_MAX	   64
#define PORTS_MAX	   16
#define MEDIA_MAX	   64	   // media addresses
#define SESSIONS_MAX	   4194304 // of one engine, all workers
#define SESSIONS_PER_MEDIA 32000   // an address has 64,000 UDP ports above 1,535, two a session
#define NEIGHBOURS_MAX	   1024	   // ARP and ND entries per media address
#define SUBSLOTS	   20	   // of a tick: sessions are spread over them
#define SUBSLOT_NS	   (TICK_MS * 1000000ull / SUBSLOTS)
#define TICKS_BEHIND_MAX   3	  // a worker later than this skips ticks
#define HOST_GAP_NS	   200000 // shorter ones are the machine's everyday noise
#define STALL_NS	   (TICKS_BEHIND_MAX * TICK_MS * 1000000ull) // a longer gap is a stall
#define STALL_QUEUE_NS	   100000000ull // after it what waited meanwhile is sorted out
#define RX_BURST	   32
// Packets a worker receives between two sub-slots. With more to do than time, three packets for
// two sessions of a sub-slot keep receiving and sending in step.
#define RX_TURN_LEAST	256
#define RX_TURN_MAX	4096
#define TX_BURST	32
#define HAND_SLOTS	4096 // of a ring between two workers
#define COMMANDS_BURST	64   // commands a worker takes between two polls of its port
#define PLAY_QUEUE_MAX	16   // prompts appended to one session
#define DIGITS_OUT_MAX	32   // digits of one SEND_DIGITS
#define PROMPTS_MAX	4096
#define MIXERS_USUAL	256 // mixing bridges of a worker, see struct mix_sizes
#define MIXERS_MAX	16384
#define MIX_USUAL	32 // parties of one of them
#define MIX_PARTIES_MAX 128
#define MIX_SHARE	96 // that part of all sessions may be mixed at once,
#define MIX_LEAST	96 // but so many at least
#define LATE_CLASSES	48 // of how late sub-slots began, see late_class

struct mix_sizes {	  // of a worker; 0: as usual
	uint32_t mixers;  // mixing bridges
	uint32_t parties; // of one of them
	uint32_t mixed;	  // of all of them together
};

// The same with what is usual for a worker of so many sessions filled in.
static inline struct mix_sizes mix_sizes_of(const struct mix_sizes *m, uint32_t sessions)
{
	uint32_t share = sessions / MIX_SHARE < MIX_LEAST ? MIX_LEAST : sessions / MIX_SHARE;

	return (struct mix_sizes){
		.mixers = m->mixers ? m->mixers : MIXERS_USUAL,
		.parties = m->parties ? m->parties : MIX_USUAL,
		.mixed = m->mixed ? m->mixed : share,
	};
}

// A frame on the wire: Ethernet, VLAN, IPv6, UDP, RTP and 60 ms of G.711, as we send them, fit any
// MTU. What fits a frame is taken up to 200 ms: of G.711 that is 182.
#define WIRE_MAX 1518
_Static_assert(14 + 4 + 40 + 8 + 12 + CODEC_PAYLOAD_MAX <= WIRE_MAX, "a packet fits a frame");
_Static_assert(TICK_MS * 1000000ull % SUBSLOTS == 0, "a tick divides into whole sub-slots");

// Four classes an octave, in units of 2^15 ns: all below 33 µs are class 0, all from 234 ms on
// share the last one. A class begins at late_class_us.
static inline unsigned late_class(uint64_t late_ns)
{
	uint64_t late = late_ns >> 15;
	unsigned top, class;

	if (late < 4)
		return (unsigned)late;
	top = 63 - (unsigned)__builtin_clzll(late);
	class = 4 * (top - 1) + ((late >> (top - 2)) & 3);
	return class < LATE_CLASSES ? class : LATE_CLASSES - 1;
}

static inline uint32_t late_class_us(unsigned class)
{
	uint64_t late = class < 4 ? class : (4ull + class % 4) << (class / 4 - 1);

	return (uint32_t)((late << 15) / 1000);
}
