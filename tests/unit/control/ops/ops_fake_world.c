// The calls, agents and trunks of the fake daemon.
#include "tests/unit/control/ops/ops_fake_world.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/call/call.h"
#include "control/ops/ops.h"
#include "control/queue/floor.h"
#include "control/sip/ua.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static const struct config *config;

void world_configure(const struct config *c)
{
	config = c;
}

// --- calls ---
static const struct call_info calls[] = {
	{.state = CALL_TALKING,
		.key = 1,
		.where = "talking",
		.queue = "service",
		.agent = "alice",
		.flow = "line",
		.step = "service",
		.caller = "+8613800138000",
		.waited_ms = 7300,
		.talked_ms = 62345,
		.recording = "2026-04-12/demo-1",
		.sip_call_id = "caller-leg@10.99.0.50",
		.agent_sip_call_id = "agent-leg@10.99.0.1",
		.answered_wall_ns = WORLD_NOW_NS - 70000 * NS_PER_MS,
		.connected_wall_ns = WORLD_NOW_NS - 62345 * NS_PER_MS,
		.caller_voice = WORLD_CALLER_VOICE,
		.agent_voice = WORLD_AGENT_VOICE},
	{.state = CALL_WAITING,
		.key = 2,
		.where = "queue",
		.queue = "service",
		.flow = "line",
		.step = "service",
		.caller = "+442079460000",
		.position = 1,
		.waited_ms = 15200},
	{.state = CALL_FLOW,
		.key = 3,
		.where = "menu",
		.flow = "line",
		.step = "choice",
		.caller = "anonymous\033[31m"},
	{.state = CALL_CONFERENCE,
		.key = 4,
		.where = "conference",
		.flow = "line",
		.step = "board",
		.caller = "+85221230000",
		.conference = "board",
		.muted = true,
		.gain_db = -6,
		.conference_ms = 61000},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static struct call_info call_of(unsigned i)
{
	static struct call_record records[CALLS];
	struct call_info c = calls[i];
	str_copy(records[i].caller, sizeof(records[i].caller), c.caller);
	c.record = &records[i];
	callid_parse(OPS_FAKE_CALL, &c.id);
	c.id.counter += i;
	c.id.start += i * 5; // alike in the digits usually shown
	c.tenant = "acme";
	c.trunk = "carrier";
	c.called = "4001";
	c.started_wall_ns = WORLD_NOW_NS - 75000 * NS_PER_MS;
	const char **texts[] = {&c.sip_call_id, &c.agent_sip_call_id, &c.conference};
	for (unsigned k = 0; k < 3; k++)
		*texts[k] = *texts[k] ? *texts[k] : "";
	return c;
}

struct floor *calls_floor(struct calls *c)
{
	return NULL;
}

unsigned calls_count(const struct calls *c)
{
	return CALLS;
}

bool call_page(struct calls *c, struct call_place *at,
	void (*each)(const struct call_info *i, void *arg), void *arg)
{
	for (unsigned i = 0; i < CALLS; i++)
		each(&(struct call_info[1]){call_of(i)}[0], arg);
	return false;
}

void conference_each(struct calls *c, const struct config_conference *conference,
	void (*each)(const struct call_info *i, void *arg), void *arg)
{
	each(&(struct call_info[1]){call_of(3)}[0], arg);
}

int call_find(struct calls *c, const char *text, struct call_info *out)
{
	unsigned found = 0;
	for (unsigned i = 0; i < CALLS; i++) {
		char id[CALLID_TEXT_MAX];
		struct call_info info = call_of(i);
		if (strncmp(callid_text(&info.id, id), text, strlen(text)) == 0 && ++found)
			*out = info;
	}
	return found == 0 ? -ENOENT : found > 1 ? -EEXIST : 0;
}

bool call_by_key(struct calls *c, uint64_t key, struct call_info *out)
{
	*out = call_of((unsigned)key - 1);
	return true;
}

bool call_waits_for(struct calls *c, uint64_t key, struct call_wants *out)
{
	*out = (struct call_wants){.skills = "german 5, billing 3",
		.lacks = "no agent who is signed in has it",
		.priority = 2,
		.ring = 1};
	return key == 2;
}

void floor_agent_skills_text(const struct floor *f, uint32_t agent, struct str_buf *b)
{
	str_buf_add(b, "german 7");
}

int call_monitor(
	struct calls *c, const struct callid *id, const char *agent, enum monitor_mode mode)
{
	return 0;
}

int monitor_mode_parse(const char *name, enum monitor_mode *out)
{
	*out = MONITOR_LISTEN;
	return 0;
}

int call_mask(struct calls *c, const struct callid *id, bool on)
{
	return 0;
}

int conference_mute(struct calls *c, const struct callid *id, bool on)
{
	return 0;
}

int conference_gain(struct calls *c, const struct callid *id, int db)
{
	return db == -1 ? -EAGAIN : 0;
}

unsigned conference_parties(const struct calls *c, const struct config_conference *conference)
{
	return 1;
}

const char *call_originate(struct calls *c, const struct call_originate *q, struct callid *id)
{
	(void)callid_parse(OPS_FAKE_CALL, id);
	return strcmp(q->to, "0") == 0 ? "not a telephone number" : NULL;
}

int call_hangup(struct calls *c, const struct callid *id, const char *why)
{
	return 0;
}

void calls_counts(const struct calls *c, struct calls_counts *out)
{
	*out = (struct calls_counts){.started = 815,
		.answered = 815,
		.connected = 640,
		.ended = 812,
		.refused = 2,
		.alive = CALLS,
		.recording = 1};
}

// --- the floor ---
static const struct floor_agent_info agents[] = {
	{.name = "alice",
		.display = "Alice",
		.state = AGENT_TALKING,
		.registered = true,
		.ready = true,
		.why = "connected",
		.since_ms = 100000000 - 62345,
		.call = 1,
		.offered = 330,
		.answered = 325,
		.missed = 5,
		.talked_ms = 9120345},
	{.name = "fang",
		.display = "王芳",
		.state = AGENT_READY,
		.registered = true,
		.ready = true,
		.why = "set",
		.since_ms = 100000000 - 4100,
		.offered = 315,
		.answered = 315,
		.talked_ms = 8111222},
	{.name = "bob",
		.pause = "lunch",
		.pause_code = "lunch",
		.state = AGENT_SIGNED_OUT,
		.why = "unregistered",
		.since_ms = 4000000},
};
#define AGENTS (sizeof(agents) / sizeof(agents[0]))

static struct floor_agent_info agent_of(unsigned i)
{
	static const struct floor_unit red = {.site = "north", .team = "red", .group = "hotline"};
	struct floor_agent_info a = agents[i];
	a.tenant = "acme";
	a.unit = &red;
	return a;
}

const char *floor_agent_queue(const struct floor *f, uint32_t agent, unsigned *from)
{
	return (*from)++ == 0 ? "service" : NULL;
}

bool floor_agents_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	struct floor_agent_info a = agent_of((unsigned)at->next);
	each(&a, arg);
	return ++at->next < AGENTS;
}

bool floor_members_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(const struct floor_agent_info *a, void *arg), void *arg)
{
	return floor_agents_page(f, at, each, arg);
}

bool floor_waiting_page(struct floor *f, uint32_t queue, struct floor_place *at,
	void (*each)(uint64_t call, void *arg), void *arg)
{
	each(2, arg);
	return false;
}

uint32_t floor_agent_count(const struct floor *f)
{
	return AGENTS;
}

const char *floor_agent_name(struct floor *f, uint32_t agent)
{
	return agents[agent].name;
}

bool floor_agent_find(struct floor *f, const char *name, struct floor_agent_info *out)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		*out = agent_of(i);
		if (strcmp(out->name, name) == 0)
			return true;
	}
	return false;
}

int calls_agent_away(struct calls *c, const char *name, const char *pause)
{
	return calls_agent_set(c, name, false);
}

int calls_agent_pause(struct calls *c, const char *name, const char *code)
{
	int err = calls_agent_set(c, name, false);
	return err || strcmp(code, "lunch") == 0 ? err : -EINVAL;
}

void floor_agent_pauses(const struct floor *f, const char *name,
	void (*each)(const char *code, void *arg), void *arg)
{
	if (strcmp(name, "bob") == 0)
		return;
	each("lunch", arg);
	each("training", arg);
}

int calls_agent_set(struct calls *c, const char *name, bool ready)
{
	struct floor_agent_info a;
	return floor_agent_find(NULL, name, &a) ? 0 : -ENOENT;
}

// --- SIP ---
void ua_registrations_of(struct ua *ua, const char *agent,
	void (*each)(const struct ua_registration *r, void *arg), void *arg)
{
	struct ua_registration r = {.agent = "alice",
		.tenant = "acme",
		.contact = "sip:alice@10.99.0.60:5062",
		.user_agent = "baresip v1.0.0 (x86_64/linux)",
		.transport = UA_TCP,
		.expires_wall_ns = WORLD_NOW_NS + 250 * NS_PER_S};
	addr_parse("10.99.0.60:5062", &r.source);
	if (strcmp(agent, r.agent) == 0)
		each(&r, arg);
}

void ua_trunks(struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg)
{
	struct ua_trunk_status t = {.name = config->trunks[0].name,
		.tenant = config->trunks[0].tenant->name,
		.trunk = &config->trunks[0],
		.calls = 815,
		.rejected = 2,
		.in_progress = CALLS,
		.calls_out = 31,
		.out_in_progress = 1,
		.failed_out = 4,
		.last_wall_ns = WORLD_NOW_NS - 75 * NS_PER_S};
	addr_parse("10.99.0.50:5060", &t.last_source);
	each(&t, arg);
}

unsigned ua_legs(const struct ua *ua)
{
	return 4;
}

void ua_connections(const struct ua *ua, struct ua_connections *out)
{
	*out = (struct ua_connections){.known = 12, .strangers = 2, .strangers_max = 256};
}

void ua_counts(const struct ua *ua, struct ua_counts *out)
{
	*out = (struct ua_counts){.unknown_source = 17, .rate_limited = 3};
}

struct world_message {
	unsigned ms;
	bool sent, tcp;
	const char *peer, *text;
};

static const struct world_message messages[] = {
	{0, false, false, "10.99.0.50:5060",
		"INVITE sip:4001@10.99.0.1 SIP/2.0\r\nCall-ID: caller-leg@10.99.0.50\r\n"
		"CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: 4\r\n\r\n"
		"v=0\r\n"},
	{1, true, false, "10.99.0.50:5060",
		"SIP/2.0 100 Trying\r\nCall-ID: caller-leg@10.99.0.50\r\nCSeq: 1 INVITE\r\n\r\n"},
	{4, true, false, "10.99.0.50:5060",
		"SIP/2.0 200 OK\r\nCall-ID: caller-leg@10.99.0.50\r\nCSeq: 1 INVITE\r\n"
		"Content-Type: application/sdp\r\nContent-Length: 4\r\n\r\nv=0\r\n"},
	{20, false, false, "10.99.0.50:5060",
		"ACK sip:4001@10.99.0.1 SIP/2.0\r\nCall-ID: caller-leg@10.99.0.50\r\n"
		"CSeq: 1 ACK\r\n\r\n"},
	{7300, true, true, "10.99.0.60:5062",
		"INVITE sip:alice@10.99.0.60:5062 SIP/2.0\r\nCall-ID: agent-leg@10.99.0.1\r\n"
		"CSeq: 9 INVITE\r\nc: application/sdp\r\n\r\nv=0\r\n"},
	{7310, false, true, "10.99.0.60:5062",
		"SIP/2.0 180 Ringing\r\nCall-ID: agent-leg@10.99.0.1\r\nCSeq: 9 INVITE\r\n\r\n"},
	{7310, false, true, "10.99.0.60:5062",
		"SIP/2.0 180 Ringing\r\nCall-ID: agent-leg@10.99.0.1\r\nCSeq: 9 INVITE\r\n\r\n"},
};

static void trace_legs(
	const char *call_id, void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct world_message *m = &messages[i];
		struct addr ours, peer;
		struct ua_trace_entry e = {
			.wall_ns = WORLD_NOW_NS + m->ms * NS_PER_MS, .sent = m->sent};
		if (strstr(m->text, call_id) == NULL)
			continue;
		addr_parse("10.99.0.1:5060", &ours);
		addr_parse(m->peer, &peer);
		e.from = m->sent ? ours : peer;
		e.to = m->sent ? peer : ours;
		e.transport = m->tcp ? UA_TCP : UA_UDP;
		e.bytes = (uint32_t)strlen(m->text);
		e.text = m->text;
		each(&e, arg);
	}
}

// --- the event log's feed ---
void world_event(struct ops *ops)
{
	static uint64_t sequence = 5012;
	struct event e = {.type = EVENT_CALL_DIGIT,
		.sequence = ++sequence,
		.wall_ns = WORLD_NOW_NS,
		.tenant = "acme",
		.body = "{\"digit\":\"1\",\"sources\":\"i\",\"step\":\"two words\"}"};
	callid_parse(OPS_FAKE_CALL, &e.call);
	if (sequence % 2) {
		e.type = EVENT_AGENT_STATE;
		e.call = (struct callid){0};
		e.body = "{\"agent\":\"alice\",\"from\":\"ready\",\"to\":\"offered\",\"why\":"
			 "\"offered\",\"ready\":true}";
	}
	ops_event(ops, &e);
}

static char search_id[64];
static bool search_agents;

struct trace_search *ua_trace_search(const struct ua *ua, const char *call_id, const char *call)
{
	str_copy(search_id, sizeof(search_id), call_id);
	search_agents = call[0] != '\0';
	return (struct trace_search *)search_id;
}

bool ua_trace_page(const struct ua *ua, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	trace_legs(search_id, each, arg);
	if (search_agents)
		trace_legs("agent-leg@10.99.0.1", each, arg);
	return false;
}

void ua_trace_end(struct trace_search *s)
{
}
