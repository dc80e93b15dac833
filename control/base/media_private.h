// What the media*.c files share.
#pragma once

#include "control/base/media.h"
#include "engine/gate.h"

struct config;

struct gate *media_gate(void);
const char *media_command_name(uint16_t command);
unsigned media_voice_worker(const struct media_voice *v);
void media_voice_command(struct media_voice *v, struct gate_msg *m, const char *what);
void media_quality_from_live(const struct gate_live *live, struct media_quality *out);
void media_names_set(const struct config *config); // for media_addresses

// --- media_post.c: tickets, and commands that wait for room in a worker's ring ---
void media_post_start(void);
void media_post_stop(void);
// Gives m a ticket that belongs to v and sends it, behind what already waits for that worker. 0;
// -EAGAIN: too many commands are under way; -ENOMEM.
int media_post(struct gate *gate, unsigned worker, struct gate_msg *m, struct media_voice *v);
void media_post_backlog(struct gate *gate, unsigned worker); // sends what waits and now fits
// Gives the ticket back; its voice and command, or NULL when there is no such ticket.
struct media_voice *media_post_done(uint32_t ticket, uint16_t *command);
void media_post_counts(uint32_t *tickets, uint32_t *backlog);
