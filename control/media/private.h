// What the media*.c files share.
#pragma once

#include "control/media/media.h"
#include "engine/base/dlist.h"
#include "engine/gate.h"

struct config;
struct timers;

struct gate *media_gate(void);
const char *media_command_name(uint16_t command);
unsigned media_voice_worker(const struct media_voice *v);
gate_session media_voice_session(const struct media_voice *v); // 0: none (yet), or v is NULL
// What cannot be sent or kept fails from the loop, never in here. NULL allowed: a surprise.
void media_voice_command(struct media_voice *v, struct gate_msg *m);
void media_quality_from_live(const struct gate_live *live, struct media_quality *out);
void media_names_set(const struct config *config); // for media_addresses

void media_mix_start(void); // no bridge is left

// --- media/post.c: tickets, and commands that wait for one or for room in a worker's ring ---
//
// Commands go to a worker in the order in which they were given, whatever waits. A voice may have
// MEDIA_WAITS commands waiting, and besides its OPEN or its CLOSE, which need no memory: so what
// waits is bounded by the voices that there are, and no CLOSE is refused.
#define MEDIA_WAITS 32

struct media_line;

struct media_wait { // a command that is not sent yet
	struct dlist link;
	struct media_line *line;
	bool own; // the line's
	struct gate_msg msg;
};

struct media_line { // a voice's end of its way to its worker
	struct media_voice *voice;
	unsigned worker;
	uint32_t owed;	       // commands given whose DONE has not come
	uint32_t waiting;      // of them not sent yet, without its own
	struct media_wait own; // OPEN, then CLOSE
};

void media_post_start(struct timers *timers);
void media_post_stop(void);
// Sends m, or keeps it until it can be sent. 0; -EAGAIN: too many wait; -ENOMEM. OPEN and CLOSE: 0.
int media_post(struct media_line *l, const struct gate_msg *m);
bool media_post_withdraw(struct media_line *l); // the OPEN, if it is not sent yet
void media_post_flush(void);			// what waits and can be sent by now
// Gives the ticket back; the line and the command that it was of, or NULL: no such ticket.
struct media_line *media_post_done(uint32_t ticket, uint16_t *command);
// A ticket whose DONE has not come for so long, given back; NULL: there is none.
struct media_line *media_post_overdue(uint64_t over_ms, uint32_t *ticket, uint16_t *command);
void media_post_counts(uint32_t *tickets, uint32_t *backlog);

void media_voice_sent(struct media_voice *v, const struct gate_msg *m); // with its ticket
