// What the media*.c files share.
#pragma once

#include "control/media/media.h"
#include "engine/base/dlist.h"
#include "engine/gate.h"

struct config;
struct timers;

const char *media_command_name(uint16_t command);
unsigned media_voice_worker(const struct media_voice *v);
gate_session media_voice_session(const struct media_voice *v); // 0: none (yet), or v is NULL
// What cannot be sent or kept fails from the loop, never in here. NULL: nobody is told anything.
void media_voice_command(struct media_voice *v, struct gate_msg *m);

// --- media/post.c: tickets, and commands that wait for one or for room in a worker's ring ---
//
// Commands go to a worker in the order in which they were given, whatever waits. Each worker has
// tickets of its own: one that stands still holds up nobody else. A voice may have
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

// sent: a command has gone, with its ticket.
typedef void media_sent_h(struct media_voice *v, const struct gate_msg *m);

struct media_ticket {
	struct media_line *line;
	uint16_t command; // 0: free
	uint16_t serial;  // of its latest use: an answer that comes twice finds another
	uint32_t next_free;
	uint64_t sent_ms;
};

// Of a worker; never more open than its event ring keeps room for DONEs.
#define MEDIA_TICKETS_MAX (GATE_RESERVED / 2)

struct media_desk {		      // what goes to one worker
	struct media_ticket *tickets; // owned
	uint32_t free_ticket;	      // index + 1; 0: none
	uint32_t taken, waiting;
	struct dlist queue; // what waits, oldest first
};

struct media_post {
	struct gate *gate;
	struct timers *timers;
	media_sent_h *sent;
	unsigned workers;
	struct media_desk desk[WORKERS_MAX];
};

// 0 or -ENOMEM.
int media_post_init(
	struct media_post *p, struct gate *gate, struct timers *timers, media_sent_h *sent);
void media_post_fini(struct media_post *p);
// Sends m, or keeps it until it can be sent. 0; -EAGAIN: too many wait; -ENOMEM. OPEN and CLOSE: 0.
int media_post(struct media_post *p, struct media_line *l, const struct gate_msg *m);
bool media_post_withdraw(
	struct media_post *p, struct media_line *l); // the OPEN, if it is not sent yet
void media_post_flush(struct media_post *p);	     // what waits and can be sent by now
// Gives the ticket back; the line and the command that it was of, or NULL: no such ticket.
struct media_line *media_post_done(struct media_post *p, uint32_t ticket, uint16_t *command);
// A ticket whose DONE has not come for so long, given back; NULL: there is none.
struct media_line *media_post_overdue(
	struct media_post *p, uint64_t over_ms, uint32_t *ticket, uint16_t *command);
// Of a worker.
void media_post_counts(
	const struct media_post *p, unsigned worker, uint32_t *tickets, uint32_t *backlog);
