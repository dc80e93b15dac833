// The call's events: one function each, from the call to the body of a log record. A body is built
// on the stack: whatever an append may set off, nobody else writes into it.
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "control/queue/hours.h"
#include "control/router/policy.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static uint64_t append(struct call *c, enum event_type type, struct body *body)
{
	return eventlog_append(
		c->calls->log, type, c->record.tenant, &c->record.id, body_end(body));
}

static void skills_text(
	const struct call *c, const struct router_skills *of, char text[FLOOR_SKILLS_TEXT_MAX])
{
	struct str_buf b;
	str_buf_init(&b, text, FLOOR_SKILLS_TEXT_MAX);
	floor_skills_text(c->calls->floor, of, &b);
}

// As it came into the queue: no event tells of the rings that have lowered it since, and a restart
// knows it by whichever was the last.
static void skills(const struct call *c, struct body *body)
{
	char text[FLOOR_SKILLS_TEXT_MAX];
	skills_text(c, &c->wait.asked, text);
	if (text[0] != '\0')
		body_text(body, "skills", text);
}

static const char *queue_name(const struct call *c)
{
	return c->queue ? c->queue->name : ""; // an agent's own call is in none
}

// Whose figures the conversation counts for.
static void unit(const struct call *c, struct body *body)
{
	if (c->unit != NULL)
		floor_unit_members(c->unit, body);
}

static void incoming(struct body *body, const struct ua_incoming *in)
{
	char source[ADDR_TEXT_MAX];
	body_text(body, "source", addr_text(&in->source, source));
	body_text(body, "transport", transport_of(in->transport)->name);
	if (in->agent != NULL)
		body_text(body, "by_agent", in->agent->name);
}

uint64_t story_started(struct call *c, const struct ua_incoming *in)
{
	struct body body;
	body_begin(&body);
	call_record_members(&c->record, false, &body);
	incoming(&body, in);
	return append(c, EVENT_CALL_STARTED, &body);
}

uint64_t story_originated(struct call *c)
{
	struct body body;
	body_begin(&body);
	call_record_members(&c->record, false, &body);
	return append(c, EVENT_CALL_STARTED, &body);
}

uint64_t story_refused(struct calls *cs, const struct call_record *r, const struct ua_incoming *in)
{
	struct body body;
	body_begin(&body);
	call_record_members(r, true, &body);
	incoming(&body, in);
	return eventlog_append(cs->log, EVENT_CALL_REFUSED, r->tenant, &r->id, body_end(&body));
}

static void restate_hold(
	struct body *body, const char *so_far, const char *since, const struct hold *h)
{
	if (h->ns)
		body_u64(body, so_far, h->ns / NS_PER_MS);
	if (h->since_ns)
		body_u64(body, since, h->since_ns);
}

void story_restate(const struct call *c, struct eventlog *log)
{
	struct body body;
	body_begin(&body);
	call_record_members(&c->record, false, &body);
	body_text(&body, "where", call_where(c));
	body_u64(&body, "total_ms", timers_now_ms(c->calls->timers) - c->began_ms);
	if (c->wait.queue != NULL) { // in the call's own time
		body_u64(&body, "queued",
			c->record.started + (c->wait.since_ms - c->began_ms) * NS_PER_MS);
		skills(c, &body);
	}
	if (c->segment_ns)
		body_u64(&body, "segment", c->segment_ns);
	unit(c, &body);
	restate_hold(&body, "hold_ms", "held", &c->held[1]);
	restate_hold(&body, "caller_hold_ms", "caller_held", &c->held[0]);
	eventlog_append(log, EVENT_CALL_STARTED, c->record.tenant, &c->record.id, body_end(&body));
}

void story_plain(struct call *c, int type)
{
	struct body body;
	body_begin(&body);
	append(c, type, &body);
}

void story_step(struct call *c, const struct config_step *step)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "flow", c->ivr.flow->name);
	body_text(&body, "step", step->name);
	append(c, EVENT_CALL_STEP, &body);
}

void story_variable(struct call *c, const char *name, const char *text)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "variable", name);
	body_text(&body, "value", text);
	body_text(&body, "step", c->ivr.step->name);
	append(c, EVENT_CALL_VARIABLE, &body);
}

void story_digit(struct call *c, char digit, uint8_t sources)
{
	char text[2] = {digit, '\0'};
	struct body body;
	body_begin(&body);
	body_text(&body, "digit", text);
	body_format(&body, "sources", "%s%s%s", sources & 1 ? "i" : "", sources & 2 ? "e" : "",
		sources & 4 ? "s" : ""); // in-band, telephone-event, SIP INFO
	body_text(&body, "step", c->ivr.step ? c->ivr.step->name : "");
	append(c, EVENT_CALL_DIGIT, &body);
}

void story_masked(struct call *c, const char *by, const char *why)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "by", by);
	if (why != NULL)
		body_text(&body, "why", why);
	append(c, c->masked ? EVENT_CALL_MASKED : EVENT_CALL_UNMASKED, &body);
}

void story_monitored(struct call *c, const char *agent, const char *mode)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "agent", agent);
	body_text(&body, "mode", mode);
	append(c, EVENT_CALL_MONITORED, &body);
}

void story_monitor_ended(struct call *c, const char *agent, const char *why)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "agent", agent);
	body_text(&body, "why", why);
	append(c, EVENT_CALL_MONITOR_ENDED, &body);
}

void story_conference(struct call *c, int type, unsigned parties, const char *why)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "conference", c->seat.config->name);
	body_u64(&body, "parties", parties);
	body_bool(&body, "muted", c->seat.muted);
	body_i64(&body, "gain_db", c->seat.gain_db);
	if (why != NULL)
		body_text(&body, "why", why);
	append(c, type, &body);
}

void story_queued(struct call *c)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", c->queue->name);
	skills(c, &body);
	if (c->wait.priority != CONFIG_PRIORITY_MIDDLE)
		body_u64(&body, "priority", c->wait.priority);
	append(c, EVENT_CALL_QUEUED, &body);
}

void story_queued_again(struct call *c)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", c->queue->name);
	body_text(&body, "dropped_by", c->record.dropped_by);
	body_u64(&body, "waited_ms", c->record.waited_ms);
	body_u64(&body, "waiting_ms", timers_now_ms(c->calls->timers) - c->wait.since_ms);
	skills(c, &body);
	append(c, EVENT_CALL_QUEUED, &body);
}

void story_dequeued(struct call *c, const char *why, uint64_t waited_ms)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", c->queue->name);
	body_text(&body, "why", why);
	body_u64(&body, "waited_ms", waited_ms);
	unit(c, &body);
	append(c, EVENT_CALL_DEQUEUED, &body);
	story_segment(c, "", why);
}

void story_segment(struct call *c, const char *agent, const char *why)
{
	uint64_t now_ns = call_time_ns(c);
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", queue_name(c));
	body_text(&body, "agent", agent);
	body_text(&body, "called", c->record.called);
	if (c->record.region[0] != '\0')
		body_text(&body, "region", c->record.region);
	body_u64(&body, "started", c->segment_ns);
	body_u64(&body, "ended", now_ns);
	body_text(&body, "why", why);
	unit(c, &body);
	if (agent[0] != '\0') {
		body_u64(&body, "hold_ms", hold_ns(&c->held[1], now_ns) / NS_PER_MS);
		body_u64(&body, "caller_hold_ms", hold_ns(&c->held[0], now_ns) / NS_PER_MS);
	}
	append(c, EVENT_CALL_SEGMENT, &body);
	c->segment_ns = 0;
}

// Of ten thousand agents those who were ready are not in any cache: all at once.
static void names_prefetch(const struct call *c, const struct router_decision *d)
{
	const struct router_candidates *more = floor_candidates(c->calls->floor);
	for (unsigned i = 0; i < d->ready && i < ROUTER_EXPLAINED; i++)
		__builtin_prefetch(floor_agent_name(c->calls->floor, d->candidate[i].agent));
	for (unsigned i = 0; i < more->count; i++)
		__builtin_prefetch(floor_agent_name(c->calls->floor, more->more[i].agent));
}

// The nth of them.
static void candidate_text(const struct call *c, const struct policy *p, unsigned n,
	const struct router_candidate *candidate, struct str_buf *out)
{
	const char *name = floor_agent_name(c->calls->floor, candidate->agent);
	uint32_t score = candidate->score;
	str_buf_add(out, "%s %s %s ", n ? "," : "", name, p->score_name);
	if (p->score_ms)
		str_buf_add(out, "%u.%03u s", score / 1000, score % 1000);
	else
		str_buf_add(out, "%u", score);
}

static void last_text(uint64_t wall_ns, struct str_buf *out)
{
	str_buf_add(out, ": last talked with this caller on ");
	hours_moment_add(out, (time_t)(wall_ns / NS_PER_S));
}

// What the caller asks for in the ring that it has come to, and what went before.
static void asked_text(const struct call *c, const struct router_message *m, struct str_buf *out)
{
	const struct router_decision *d = &m->decision;
	char skills[FLOOR_SKILLS_TEXT_MAX];
	if (d->ring > 0)
		str_buf_add(out, " in ring %u", d->ring);
	skills_text(c, &c->wait.wants, skills);
	if (skills[0] != '\0')
		str_buf_add(out, ", asks for %s", skills);
	if (d->refused > 0)
		str_buf_add(out, ", refused by %u", d->refused);
	if (m->why == WHY_PREFERRED)
		str_buf_add(out, ", preferred");
	if (m->why == WHY_PREFERRED && c->wait.last_ns > 0)
		last_text(c->wait.last_ns, out);
}

// "longest-idle: alice for the first of 2 waiting, asks for german 3; ready 5: alice idle 12.300 s,
// …": from the numbers alone, so that it can be made again.
static void decision_text(const struct call *c, const struct router_message *m, struct str_buf *out)
{
	const struct router_decision *d = &m->decision;
	const struct policy *p = policy_get(d->policy);
	str_buf_add(out, "%s: %s for the first of %u waiting", p ? p->name : "?",
		floor_agent_name(c->calls->floor, m->agent), d->waiting);
	asked_text(c, m, out);
	str_buf_add(out, "; ready %u:", d->ready);
	for (unsigned i = 0; i < d->ready && i < ROUTER_EXPLAINED; i++)
		candidate_text(c, p, i, &d->candidate[i], out);
	const struct router_candidates *more = floor_candidates(c->calls->floor);
	for (unsigned i = 0; i < more->count; i++)
		candidate_text(c, p, ROUTER_EXPLAINED + i, &more->more[i], out);
	if (d->ready > ROUTER_EXPLAINED + more->count)
		str_buf_add(out, ", …");
}

// "[{"agent":"alice","score":12300},…]": the names are the configuration's, as in its texts.
static void candidates_add(const struct call *c, const struct router_candidate *list,
	unsigned count, struct str_buf *out)
{
	for (unsigned i = 0; i < count; i++)
		str_buf_add(out, "%s{\"agent\":\"%s\",\"score\":%u}", out->len > 1 ? "," : "",
			floor_agent_name(c->calls->floor, list[i].agent), list[i].score);
}

// Who could have been chosen, best first, with what the policy goes by.
static void candidates(const struct call *c, const struct router_decision *d, struct body *body)
{
	char text[8 * (CONFIG_NAME_MAX + 48)];
	const struct policy *p = policy_get(d->policy);
	const struct router_candidates *more = floor_candidates(c->calls->floor);
	struct str_buf list;
	str_buf_init(&list, text, sizeof(text));
	str_buf_add(&list, "[");
	candidates_add(
		c, d->candidate, d->ready < ROUTER_EXPLAINED ? d->ready : ROUTER_EXPLAINED, &list);
	candidates_add(c, more->more, more->count, &list);
	str_buf_add(&list, "]");
	body_text(body, "policy", p ? p->name : "");
	body_u64(body, "waiting", d->waiting);
	body_u64(body, "ready", d->ready);
	body_json(body, "candidates", text);
}

void story_offered(struct call *c, const struct router_message *m)
{
	char text[1024 + FLOOR_SKILLS_TEXT_MAX];
	struct str_buf why;
	names_prefetch(c, &m->decision);
	str_buf_init(&why, text, sizeof(text));
	decision_text(c, m, &why);
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", c->queue->name);
	body_text(&body, "agent", floor_agent_name(c->calls->floor, m->agent));
	body_text(&body, "why", text);
	body_u64(&body, "decision", m->decision.number);
	body_format(&body, "seed", "%016llx", (unsigned long long)m->decision.seed);
	body_u64(&body, "waited_ms", m->decision.waited_ms);
	if (m->decision.ring > 0)
		body_u64(&body, "ring", m->decision.ring);
	candidates(c, &m->decision, &body);
	append(c, EVENT_CALL_OFFERED, &body);
}

void story_offer_ended(struct call *c, uint32_t agent, enum router_why why, uint16_t status)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", c->queue->name);
	body_text(&body, "agent", floor_agent_name(c->calls->floor, agent));
	body_text(&body, "why", router_why_name(why));
	body_u64(&body, "status", status);
	append(c, EVENT_CALL_OFFER_ENDED, &body);
}

void story_connected(struct call *c, const char *agent_sip_call_id)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "queue", queue_name(c));
	body_text(&body, "agent", c->record.agent);
	body_u64(&body, "waited_ms", c->record.waited_ms);
	body_text(&body, "agent_sip_call_id", agent_sip_call_id);
	unit(c, &body);
	append(c, EVENT_CALL_CONNECTED, &body);
}

void story_side(struct call *c, int type, const char *side)
{
	struct body body;
	body_begin(&body);
	body_text(&body, "side", side);
	append(c, type, &body);
}

void story_ended(struct call *c)
{
	struct body body;
	body_begin(&body);
	call_record_members(&c->record, true, &body);
	append(c, EVENT_CALL_ENDED, &body);
}
