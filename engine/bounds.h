// Every bound of the engine in one place, with the relations between them checked.
#pragma once

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
#define TICKS_BEHIND_MAX   3 // a worker later than this skips ticks
#define RX_BURST	   32
#define RX_TURN_MAX	   2048 // packets a worker receives between two sub-slots
#define TX_BURST	   32
#define HAND_SLOTS	   4096 // of a ring between two workers
#define COMMANDS_BURST	   64	// commands a worker takes between two polls of its port
#define PLAY_QUEUE_MAX	   16	// prompts appended to one session
#define DIGITS_OUT_MAX	   32	// digits of one SEND_DIGITS
#define PROMPTS_MAX	   4096

// A frame on the wire: Ethernet, VLAN, IPv6, UDP, RTP and 60 ms of G.711 fit any MTU.
#define WIRE_MAX 1518
_Static_assert(14 + 4 + 40 + 8 + 12 + CODEC_PAYLOAD_MAX <= WIRE_MAX, "a packet fits a frame");
_Static_assert(TICK_MS * 1000000ull % SUBSLOTS == 0, "a tick divides into whole sub-slots");
