// Stands in for engine/session/session.h.
#include "tests/unit/engine/session_double.h"

#include <stdlib.h>
#include <string.h>

#include "engine/net/rx_parse.h"
#include "engine/net/tx.h"
#include "engine/net/wire.h"

struct session {
	struct tx_path path;
};

struct session_table {
	struct session one;
};

_Thread_local struct double_seen double_seen;
uint16_t double_port;
bool double_echo;
int double_verdict = SESSION_DELIVERED;

struct session *session_find(struct session_table *t, uint8_t media, uint16_t port)
{
	return (port & ~1) == double_port ? &t->one : NULL;
}

int session_receive(struct worker *w, struct session *s, struct rx_udp *u)
{
	uint8_t *room;

	rx_sender(u->data - WIRE_UDP - u->hit->l4, u->hit, &u->from);
	double_seen.packets++;
	double_seen.bytes += u->len;
	double_seen.first = u->data[0];
	double_seen.from = u->from;
	double_seen.rtcp_port = u->rtcp_port;
	double_seen.worker = w->id;
	if (!double_echo)
		return double_verdict;
	if (!addr_equal(&s->path.to, &u->from))
		tx_path_set(&s->path, u->media, double_port, &u->from);
	room = tx_room(w, &s->path, u->len);
	if (room) {
		memcpy(room, u->data, u->len);
		tx_commit(w, &s->path, u->len);
	}
	return double_verdict;
}

void session_prefetch(const struct session *s)
{
}

bool session_prefetch_next(struct worker *w, const struct session *s)
{
	return false;
}

void session_prefetch_last(struct worker *w, const struct session *s)
{
}

void session_command(struct worker *w, const struct gate_msg *m)
{
	struct gate_msg done = {.head = {.kind = GATE_DONE, .ticket = m->head.ticket}};

	done.done.command = m->head.kind;
	double_seen.commands++;
	worker_emit(w, &done);
}

void session_tick(struct worker *w, unsigned subslot)
{
	double_seen.ticks++;
	double_seen.tick_sum += subslot;
}

unsigned session_poll_peers(struct worker *w)
{
	return 0;
}

int session_table_new(struct worker *w, uint32_t sessions, struct session_table **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -1;
}

void session_table_free(struct session_table *t)
{
	free(t);
}

uint32_t session_table_count(const struct session_table *t)
{
	return 1;
}

size_t session_table_bytes(uint32_t sessions, const struct mix_sizes *mix)
{
	return sessions * sizeof(struct session);
}
