// The state of one run: calls, agents, timers, sockets, what was counted.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/ringload/wire/gap.h"
#include "bench/ringload/wire/impair.h"
#include "bench/ringload/wire/port.h"
#include "bench/ringload/profile/profile.h"
#include "bench/ringload/wire/socket.h"
#include "bench/ringload/wire/sound.h"
#include "bench/ringload/wire/stream.h"
#include "bench/ringload/wire/tally.h"
#include "engine/base/wheel.h"

#define STATUS_MAX 700

enum call_state {
	CALL_FREE,
	CALL_INVITING,	// INVITE sent, nothing heard
	CALL_RINGING,	// a provisional answer came
	CALL_CANCELLED, // CANCEL sent
	CALL_OFFERED,	// an agent's phone rings
	CALL_ANSWERED,	// it sent 200, no ACK yet
	CALL_UP,
	CALL_ENDING // BYE sent
};

struct call {
	struct stream stream;	 // first: found by its packets
	struct hash_node dialog; // of an incoming one, in the load's table
	struct wheel_timer resend, life;
	enum call_state state;
	uint32_t index, count, number; // place, how many-th call of the load, which number
	uint32_t interval_ms, resend_until_ms;
	uint64_t began_ns, answered_ns;
	bool incoming;
	uint32_t cseq; // of the last request: own, or the INVITE that came
	uint32_t agent;
	char call_id[160], local[192], remote[256], target[160]; // From, To, request URI
	char via[1024];						 // of an INVITE that came
};

struct agent {
	struct wheel_timer resend;
	bool registered, tried;
	uint32_t cseq, attempts;
	struct call *call;	  // NULL: free
	uint64_t bye_ns, free_ns; // of its last call: own BYE, its 200; free_ns 0: not measured
};

// What one call of the load was told to do, for the comparison with the server's records.
struct call_note {
	uint8_t digits;		       // enum digit_way; DIGITS_NONE where it did not come so far
	uint8_t digit_way;	       // as it was meant to
	bool answered, waits;	       // waits: for an agent
	uint8_t offers, agents, heard; // agents that rang, that talked; see pair.c
	uint32_t place;		       // of its call, once answered
	const struct sound *speech;
	uint32_t at, packets; // place in speech of the first packet; how many were sent
};

struct load_counts {
	uint64_t tried, answered, ended, by_server, refused, timeouts, cancelled, bye_lost;
	uint64_t retry_after, resent, bad_sdp, sip_failed, silent, offered, agent_busy,
		agents_refused;
	uint64_t pressed; // digits, of callers who stayed until their last one
	uint64_t prompts, prompts_whole, prompts_wrong, stray_sip;
	uint32_t status[STATUS_MAX];
	uint32_t retry_after_max_s;
	uint64_t misheard; // packets of somebody else
	struct histogram setup;
	// Till an agent's INVITE: from the caller's 200, where no digit is pressed; from a digit's
	// first packet; from the 200 to an agent's BYE, and from that BYE, while callers wait.
	struct histogram answer_to_agent, digit_to_agent, free_to_agent, bye_to_agent;
};

struct load {
	struct profile *profile;
	struct sound_set sounds;
	struct tally tally;
	struct gap_watch gaps;
	struct socket_inbox *inbox; // of SIP
	struct media_port *port;
	struct impair impair;
	struct rng rng;
	struct desk desk;
	struct wheel wheel;
	struct addr target, local;
	char local_ip[ADDR_TEXT_MAX], media_ip[ADDR_TEXT_MAX], target_text[ADDR_TEXT_MAX];
	int sip_fd;
	struct call *calls; // owned; callers first, agents behind
	struct agent *agents;
	struct hash dialogs;			  // calls to agents by Call-ID
	struct call_note *notes;		  // owned, by count
	uint32_t places, alive, streams, waiting; // waiting: callers for an agent
	uint32_t *free_places, free_count;
	struct {
		struct stream **item; // owned
		uint32_t count, room;
	} slot[64];	    // by millisecond of the packet time
	uint32_t slot_sent; // of the slot that is being sent
	uint64_t start_ns, arrivals_end_ns, next_arrival_ns, next_slot_ms;
	uint64_t work_ns, sleep_ns, run_ns;
	uint64_t idle_ns;    // since when nothing is left to do
	uint64_t tag;	     // of this run in Call-IDs
	struct addr allowed; // media address judged last
	bool stopping;
	struct load_counts counts;
};

// What the parts of a load ask of it.
int load_listen(struct load *l, struct call *c); // gives the stream its place in time; 0, -ENOMEM
void load_hush(struct load *l, struct call *c);	 // ends its stream and judges it
bool load_allows(struct load *l, const struct addr *media); // see ringload/wire/guard.h
uint64_t load_now_ms(void);
