// Calls for people: the walk, the search, and the snapshot.
#include <errno.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "control/queue/floor_why.h"
#include "engine/base/str.h"

static void info_of(const struct call *c, struct call_info *out)
{
	uint64_t now_ms = timers_now_ms(c->calls->timers);
	const struct call_record *r = &c->record;
	bool talking = c->state == CALL_TALKING;
	*out = (struct call_info){
		.id = r->id,
		.key = c->key,
		.state = c->state,
		.where = call_where(c),
		.tenant = r->tenant,
		.trunk = r->trunk,
		.caller = call_record_hides(r) ? RECORD_HIDDEN : r->caller,
		.caller_name = call_record_hides(r) ? "" : r->caller_name,
		.record = r,
		.called = r->called,
		.flow = r->flow,
		.step = c->ivr.step ? c->ivr.step->name : "",
		.queue = r->queue,
		.agent = r->agent,
		.recording = r->recording,
		.position = floor_position(&c->wait),
		.waited_ms = r->waited_ms + (c->wait.queue ? now_ms - c->wait.since_ms : 0),
		.talked_ms = talking ? now_ms - c->connected_ms : r->talked_ms,
		.total_ms = now_ms - c->began_ms,
		.started_wall_ns = r->started,
		.answered_wall_ns = r->answered,
		.connected_wall_ns = r->connected,
		.segment_wall_ns = c->segment_ns,
		.unit = c->unit,
		.caller_holds = party_holds(&c->first),
		.masked = c->masked,
		.conference = call_conference_name(c),
		.muted = c->seat.muted,
		.gain_db = c->seat.gain_db,
		.conference_ms = c->seat.conference ? now_ms - c->seat.since_ms : 0,
		.monitor_agent = call_monitor_agent(c),
		.monitor_mode = call_monitor_mode(c),
		.sip_call_id = r->sip_call_id,
		.agent_sip_call_id = "",
		.caller_voice = party_voice(&c->first),
	};
	const struct call_party *agent = party_of(&c->parties, PARTY_AGENT);
	const struct call_desk *desk = call_desk(c);
	if (agent == NULL)
		return;
	out->agent_voice = party_voice(agent);
	out->agent_holds = talking && party_holds(agent);
	if (desk != NULL) {
		out->agent_sip_call_id = agent->leg ? leg_sip_call_id(agent->leg) : "";
		return;
	}
	out->agent = floor_agent_name(c->calls->floor, offer_agent_id(offer_of(agent)));
	out->agent_sip_call_id = offer_sip_call_id(offer_of(agent));
}

unsigned calls_count(const struct calls *cs)
{
	return cs->counts.alive;
}

void call_each(struct calls *cs, void (*each)(const struct call_info *i, void *arg), void *arg)
{
	dlist_for_each_safe (it, &cs->live) {
		struct call_info info;
		info_of(container_of(it, struct call, link), &info);
		each(&info, arg);
	}
}

bool call_page(struct calls *cs, struct call_place *at,
	void (*each)(const struct call_info *i, void *arg), void *arg)
{
	const struct call *c = call_from(cs, &at->next), *last = call_last(cs);
	if (!at->begun && last != NULL)
		at->last = last->record.id;
	at->begun = true;
	for (; c != NULL && at->most > 0; c = call_after(c), at->most--) {
		struct call_info info;
		if (callid_compare(&c->record.id, &at->last) > 0)
			return false;
		info_of(c, &info);
		each(&info, arg);
		at->next = c->record.id;
		at->next.counter++;
	}
	return c != NULL;
}

void conference_each(struct calls *cs, const struct config_conference *config,
	void (*each)(const struct call_info *i, void *arg), void *arg)
{
	const struct dlist *seats = conference_seats(cs, config);
	for (const struct dlist *it = seats ? seats->next : NULL; it != seats; it = it->next) {
		struct call_info info;
		info_of(container_of(it, const struct call, seat.link), &info);
		each(&info, arg);
	}
}

int call_find(struct calls *cs, const char *text, struct call_info *out)
{
	const struct call *found = call_from_text(cs, text);
	if (found == NULL || !str_starts(found->id_text, text))
		return -ENOENT;
	const struct call *next = call_after(found);
	if (next != NULL && str_starts(next->id_text, text))
		return -EEXIST;
	info_of(found, out);
	return 0;
}

bool call_by_key(struct calls *cs, uint64_t key, struct call_info *out)
{
	const struct call *c = call_get(cs, key);
	if (c != NULL)
		info_of(c, out);
	return c != NULL;
}

bool call_waits_for(struct calls *cs, uint64_t key, struct call_wants *out)
{
	const struct call *c = call_get(cs, key);
	struct str_buf b;
	if (c == NULL || c->wait.queue == NULL)
		return false;
	str_buf_init(&b, out->skills, sizeof(out->skills));
	floor_skills_text(cs->floor, &c->wait.wants, &b);
	out->priority = c->wait.priority;
	out->ring = c->wait.ring;
	out->lacks = floor_lacks(cs->floor, &c->wait);
	return true;
}

bool call_why(struct calls *cs, uint64_t key, struct call_why *out, struct floor_why_wait *wait,
	struct floor_why *of)
{
	const struct call *c = call_get(cs, key);
	*out = (struct call_why){0};
	if (c == NULL || !floor_why_wait(&c->wait, wait, of))
		return false;
	if (timer_alive(&c->timer)) // of a queue that is removed it is soon
		out->leaves_ms = timers_now_ms(cs->timers) + timer_left_ms(&c->timer);
	for (const struct call_party *p = party_of(&c->parties, PARTY_AGENT); p != NULL;
		p = party_after(p)) {
		if (p->stage == PARTY_GOING) // it is let go, and has not said yet that it heard so
			continue;
		out->rings++;
		out->agent = offer_agent_id(offer_of(p));
	}
	return true;
}

void calls_counts(const struct calls *cs, struct calls_counts *out)
{
	struct floor_held_counts held;
	floor_held_counts(cs->floor, &held);
	*out = cs->counts;
	out->states_mended = held.mended;
	out->legs_alone = held.alone;
}

// A call that goes between two pieces hands its place to the one behind it: see call_bury.
static bool snapshot_calls(struct calls *cs, struct eventlog *log, bool begin)
{
	if (begin)
		cs->restated_call = cs->live.next;
	while (cs->restated_call != &cs->live && eventlog_piece_goes_on(log)) {
		const struct call *c = container_of(cs->restated_call, struct call, link);
		cs->restated_call = cs->restated_call->next;
		if (c->state != CALL_ENDED)
			story_restate(c, log);
	}
	return cs->restated_call != &cs->live;
}

bool calls_snapshot(struct calls *cs, struct eventlog *log, struct eventlog_place *place)
{
	enum { AGENTS, CALLS, RECORDINGS };
	bool more = false;
	switch (place->part) {
	case AGENTS:
		more = floor_snapshot(cs->floor, log, &place->at);
		break;
	case CALLS:
		more = snapshot_calls(cs, log, place->at++ == 0);
		break;
	case RECORDINGS:
		more = recordings_restate(cs, log, place->at++ == 0);
		break;
	}
	if (!more)
		*place = (struct eventlog_place){.part = place->part + 1};
	return place->part < CALLS_SNAPSHOT_PARTS;
}
