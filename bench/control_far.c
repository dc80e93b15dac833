// The far side: legs that are answered at once, phones that answer or ring, an
// engine that does whatever it is told.
#include "bench/control_far.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/gate.h"
#include "control/base/timer.h"
#include "control/queue/floor.h"
#include "control/sip/transport/trace.h"
#include "control/sip/ua.h"
#include "engine/base/check.h"
#include "engine/base/dlist.h"
#include "engine/base/str.h"
#include "engine/gate.h"

#define TRACE_BYTES    (16u << 20) // as the user agent has it
#define TRACE_MESSAGES 32768

struct ua_leg {
	struct dlist link; // in far.ringing
	ua_event_h *h;
	void *arg;
	struct timer timer;
	struct ua_event next;
	bool outgoing;
	char call_id[32];
};

static struct {
	struct ua_handlers handlers;
	const struct config *config;
	struct timers *timers;
	struct gate *gate;
	struct media *media;
	struct trace *trace;
	uint32_t next_slot;
	unsigned legs, named, ringing_count;
	bool rings;
	struct dlist ringing;
} far;

// --- legs ---

static struct media_params media_of(void)
{
	struct media_params p = {.codec = CODEC_PCMA,
		.pt = 8,
		.rx_pt = 8,
		.ptime_ms = 20,
		.direction = MEDIA_SEND | MEDIA_RECV};
	addr_parse("192.0.2.7:4000", &p.rtp);
	return p;
}

static void leg_fired(void *arg)
{
	struct ua_leg *l = arg;
	struct ua_event e = l->next;
	l->h(l, &e, l->arg);
	if (e.kind == UA_ENDED) {
		far.legs--;
		free(l);
	}
}

static void leg_soon(struct ua_leg *l, struct ua_event e)
{
	l->next = e;
	timer_start(far.timers, &l->timer, 0, leg_fired, l);
}

static struct ua_leg *leg_new(void)
{
	struct ua_leg *l = calloc(1, sizeof(*l));
	check(l != NULL);
	dlist_init(&l->link);
	str_format(l->call_id, sizeof(l->call_id), "%u@192.0.2.7", ++far.named);
	far.legs++;
	return l;
}

// What the trace of a day holds: an INVITE with SDP is as long.
static void leg_trace(const struct ua_leg *l, const char *call)
{
	char text[1200];
	int len = snprintf(text, sizeof(text),
		"INVITE sip:agent@192.0.2.7 SIP/2.0\r\nCall-ID: %s\r\nX-Ringhall-Call: %s\r\n"
		"Subject: %-400s\r\n\r\nv=0\r\n",
		l->call_id, call, "calling");
	struct ua_trace_entry e = {.text = text};
	trace_add(far.trace, &e, (size_t)len);
}

struct ua_leg *far_incoming(const struct config_trunk *trunk, const char *number, unsigned n)
{
	struct ua_leg *l = leg_new();
	struct ua_incoming in = {.trunk = trunk};
	str_copy(in.called, sizeof(in.called), number);
	str_format(in.caller, sizeof(in.caller), "+4930%07u", n);
	str_copy(in.call_id, sizeof(in.call_id), l->call_id);
	addr_parse("192.0.2.7:5060", &in.source);
	leg_trace(l, "");
	far.handlers.incoming(l, &in, far.handlers.arg);
	return l;
}

void far_hang_up(struct ua_leg *l)
{
	leg_soon(l, (struct ua_event){.kind = UA_ENDED, .end = UA_END_BYE});
}

void far_phones_ring(void)
{
	far.rings = true;
}

void far_phones_busy(unsigned most)
{
	for (; most > 0 && far.ringing_count > 0; most--) {
		struct ua_leg *l = container_of(far.ringing.next, struct ua_leg, link);
		dlist_remove(&l->link);
		far.ringing_count--;
		leg_soon(l,
			(struct ua_event){.kind = UA_ENDED, .end = UA_END_REJECTED, .status = 486});
	}
}

unsigned far_ringing(void)
{
	return far.ringing_count;
}

// --- ua.h ---

void ua_accept(struct ua_leg *l, ua_event_h *h, void *arg)
{
	l->h = h;
	l->arg = arg;
}

void ua_ring(struct ua_leg *l)
{
}

int ua_answer(struct ua_leg *l, const struct addr *local, struct media_params *media)
{
	*media = media_of();
	leg_soon(l, (struct ua_event){.kind = UA_ANSWERED, .media = *media});
	return 0;
}

void ua_reject(struct ua_leg *l, uint16_t status, const char *reason)
{
	check(l->h != NULL); // the world refuses none
	leg_soon(l, (struct ua_event){.kind = UA_ENDED, .end = UA_END_LOCAL, .status = status});
}

void ua_refusing(struct ua_leg *leg)
{
}

void ua_refuse(struct ua_refused *r)
{
	check(false); // nor does it say that the user agent has
}

int ua_invite(struct ua *ua, const struct ua_target *target, ua_event_h *h, void *arg,
	struct ua_leg **out)
{
	struct ua_leg *l = *out = leg_new();
	l->h = h;
	l->arg = arg;
	l->outgoing = true;
	leg_trace(l, target->call);
	if (far.rings) {
		dlist_push_back(&far.ringing, &l->link);
		far.ringing_count++;
		leg_soon(l, (struct ua_event){.kind = UA_RINGING});
	} else {
		leg_soon(l, (struct ua_event){.kind = UA_ANSWERED, .media = media_of()});
	}
	return 0;
}

const struct config_trunk *ua_trunk(const struct ua_leg *l)
{
	return NULL;
}

void ua_hangup(struct ua_leg *l, const char *reason)
{
	if (!dlist_empty(&l->link)) {
		dlist_remove(&l->link);
		far.ringing_count--;
	}
	leg_soon(l, (struct ua_event){.kind = UA_ENDED, .end = UA_END_LOCAL});
}

void ua_mask(struct ua_leg *l, bool on)
{
}

void ua_voice(struct ua_leg *l, struct media_voice *voice)
{
}

void ua_probe(struct ua_leg *l)
{
}

void ua_probe_over(struct ua_leg *l)
{
}

const char *ua_call_id(const struct ua_leg *l)
{
	return l->call_id;
}

void ua_registrations_of(struct ua *ua, const char *agent,
	void (*each)(const struct ua_registration *r, void *arg), void *arg)
{
	struct ua_registration r = {.transport = UA_TCP,
		.expires_wall_ns = timers_wall_ns(far.timers) + 300000000000ull,
		.user_agent = "Phone 1.0"};
	str_copy(r.agent, sizeof(r.agent), agent);
	str_format(r.contact, sizeof(r.contact), "sip:%s@192.0.2.99:5062", agent);
	addr_parse("192.0.2.99:5062", &r.source);
	each(&r, arg);
}

bool ua_lockouts_page(struct ua *ua, uint32_t *from,
	void (*each)(const struct ua_lockout *l, void *arg), void *arg)
{
	return false;
}

char *ua_lockout_place(const struct ua_lockout *l, char out[UA_PLACE_MAX])
{
	out[0] = '\0';
	return out;
}

unsigned ua_lockouts(const struct ua *ua)
{
	return 0;
}

unsigned ua_lockouts_lift(struct ua *ua, const struct addr *address, const char *account)
{
	return 0;
}

void ua_trunks(struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg)
{
	for (unsigned i = 0; i < far.config->trunk_count; i++) {
		const struct config_trunk *c = &far.config->trunks[i];
		struct ua_trunk_status t = {.name = c->name,
			.tenant = c->tenant->name,
			.trunk = c,
			.calls = i,
			.since_wall_ns = 1,
			.serial = far.config->trunk_count - i};
		each(&t, arg);
	}
}

unsigned ua_legs(const struct ua *ua)
{
	return far.legs;
}

void ua_connections(const struct ua *ua, struct ua_connections *out)
{
	*out = (struct ua_connections){.known = far.config->agent_count};
}

void ua_counts(const struct ua *ua, struct ua_counts *out)
{
	*out = (struct ua_counts){0};
}

struct trace_search *ua_trace_search(const struct ua *ua, const char *call_id, const char *call)
{
	char line[UA_TEXT_MAX];
	str_format(line, sizeof(line), "X-Ringhall-Call: %s", call);
	return trace_search_new(far.trace, call_id, line);
}

bool ua_trace_page(const struct ua *ua, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	return trace_search_page(far.trace, s, each, arg);
}

void ua_trace_end(struct trace_search *s)
{
	trace_search_free(s);
}

// --- the engine ---

uint32_t media_prompt_ms(const struct media *m, uint32_t prompt)
{
	return 0;
}

static void engine_live(gate_session session)
{
	struct gate_live live = {
		.session = session, .opened_ns = 1, .codec = CODEC_PCMA, .rx_packets = 4711};
	addr_parse("192.0.2.1:20000", &live.local);
	addr_parse("192.0.2.7:4000", &live.remote);
	gate_live_write(far.gate, 0, (uint32_t)session, &live);
}

bool far_engine(void)
{
	struct gate_msg m;
	bool any = false;
	while (gate_command(far.gate, 0, &m)) {
		struct gate_msg done = {
			.head = {GATE_DONE, .ticket = m.head.ticket, .session = m.head.session}};
		any = true;
		done.done.command = m.head.kind;
		if (m.head.kind == GATE_OPEN) {
			done.head.session = (uint64_t)1 << 32 | far.next_slot++;
			addr_parse("192.0.2.1:20000", &done.done.local);
			engine_live(done.head.session);
		}
		gate_emit(far.gate, 0, &done);
		if (m.head.kind == GATE_CLOSE) { // its slot is not used anew
			done.head = (struct gate_head){GATE_CLOSED, .session = m.head.session};
			gate_emit(far.gate, 0, &done);
		}
	}
	return any;
}

struct media *far_media(const struct config *config, struct timers *timers, uint32_t sessions)
{
	struct gate_shape shape = {.workers = 1, .ports = 1, .media = 1, .sessions = sessions};
	far.config = config;
	far.timers = timers;
	check(gate_new(&shape, &far.gate) == 0);
	check(media_new(far.gate, config, timers, &far.media) == 0);
	return far.media;
}

void far_start(const struct ua_handlers *h)
{
	far.handlers = *h;
	dlist_init(&far.ringing);
	far.trace = trace_new(TRACE_BYTES, TRACE_MESSAGES);
	check(far.trace != NULL);
}

void far_stop(void)
{
	media_free(far.media);
	gate_free(far.gate);
	trace_free(far.trace);
}
