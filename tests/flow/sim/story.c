// What the event log says: each call's events as one text, and the order of service judged from
// outside.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/dlist.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

#define STORY_REFUSALS 8

struct sim_story {
	struct dlist link;
	struct callid call;
	char sip_call_id[64], text[2048];
	json_t *record; // of CALL_ENDED or CALL_REFUSED
	unsigned started, ended, connected;
	char queue[64]; // waits in it
	uint64_t order;
	bool offered, dropped;				  // by an agent that answered
	uint64_t back_ms;				  // when an offer of it ended
	char refused_by[STORY_REFUSALS][CONFIG_NAME_MAX]; // agents
	unsigned refusals;
	// Segments: how many have begun and ended, when the last one ended, and what they were.
	unsigned begun, over;
	uint64_t over_ns;
	char segments[512];
};

struct sim_stories {
	struct dlist stories; // newest first
	uint64_t order;
	bool lax;
};

static struct sim_stories *told(void)
{
	return sim_parts()->stories;
}

void sim_story_free(void)
{
	if (told() == NULL)
		return;
	dlist_for_each_safe (it, &told()->stories) {
		struct sim_story *s = container_of(it, struct sim_story, link);
		dlist_remove(it);
		json_decref(s->record);
		free(s);
	}
	free(told());
	sim_parts()->stories = NULL;
}

void sim_story_begin(bool lax_order)
{
	sim_story_free();
	sim_parts()->stories = sim_calloc(sizeof(struct sim_stories));
	dlist_init(&told()->stories);
	told()->lax = lax_order;
}

void sim_story_end(void)
{
	dlist_for_each (it, &told()->stories) {
		const struct sim_story *s = container_of(it, struct sim_story, link);
		if (s->started != 1 || s->ended != 1)
			sim_violation("%s: %u beginnings, %u ends: %s", s->sip_call_id, s->started,
				s->ended, s->text);
	}
}

static struct sim_story *story_of(const struct callid *call)
{
	dlist_for_each (it, &told()->stories) {
		struct sim_story *s = container_of(it, struct sim_story, link);
		if (callid_equal(&s->call, call))
			return s;
	}
	struct sim_story *s = sim_calloc(sizeof(*s));
	s->call = *call;
	dlist_push_front(&told()->stories, &s->link);
	return s;
}

static void say(struct sim_story *s, const char *word, const char *a, const char *b)
{
	size_t len = strnlen(s->text, sizeof(s->text));
	str_format(s->text + len, sizeof(s->text) - len, "%s%s%s%s%s%s", len ? " " : "", word,
		a ? ":" : "", a ? a : "", b ? "/" : "", b ? b : "");
}

static const char *text_of(const json_t *body, const char *member)
{
	const char *s = json_string_value(json_object_get(body, member));
	return s ? s : "";
}

static bool refused_by(const struct sim_story *s, const char *agent)
{
	for (unsigned i = 0; i < s->refusals; i++)
		if (str_equal(s->refused_by[i], agent))
			return true;
	return false;
}

static void on_offer_ended(struct sim_story *s, const json_t *body)
{
	const char *why = text_of(body, "why"), *agent = text_of(body, "agent");
	bool refused = str_equal(why, "rejected") || str_equal(why, "no-answer") ||
		str_equal(why, "lapsed");
	s->offered = false;
	s->dropped = s->connected > 0;
	s->connected = 0;
	s->back_ms = sim_now_ms();
	if (refused && s->refusals < STORY_REFUSALS && !refused_by(s, agent))
		str_copy(s->refused_by[s->refusals++], CONFIG_NAME_MAX, agent);
	say(s, "over", agent, why);
}

// Whoever joined before in the same queue must be with an agent already, or have been refused by
// this one.
static void judge_order(const struct sim_story *s, const char *agent)
{
	dlist_for_each (it, &told()->stories) {
		const struct sim_story *o = container_of(it, struct sim_story, link);
		// Back in this very millisecond: the router may have decided before it heard so.
		bool waits = !o->offered && o->back_ms != sim_now_ms() && !refused_by(o, agent);
		if (o != s && str_equal(o->queue, s->queue) && o->order < s->order && waits)
			sim_violation("%s was offered before %s", s->sip_call_id, o->sip_call_id);
	}
}

static void on_started(struct sim_story *s, const json_t *body)
{
	if (s->started++ || s->ended)
		sim_violation("started twice: %s", s->text);
	str_copy(s->sip_call_id, sizeof(s->sip_call_id), text_of(body, "sip_call_id"));
	say(s, "started", NULL, NULL);
}

// The whole of it: one event.
static void on_refused(struct sim_story *s, const json_t *body)
{
	char status[8];
	if (s->started++ || s->ended++)
		sim_violation("refused after its beginning: %s", s->text);
	str_copy(s->sip_call_id, sizeof(s->sip_call_id), text_of(body, "sip_call_id"));
	str_format(status, sizeof(status), "%d",
		(int)json_integer_value(json_object_get(body, "status")));
	say(s, "refused", text_of(body, "why"), status);
	s->record = json_deep_copy(body);
}

static void on_segment(struct sim_story *s, const json_t *body)
{
	uint64_t from = (uint64_t)json_integer_value(json_object_get(body, "started"));
	uint64_t to = (uint64_t)json_integer_value(json_object_get(body, "ended"));
	size_t len = strnlen(s->segments, sizeof(s->segments));
	str_format(s->segments + len, sizeof(s->segments) - len, "%s%s/%s/%s", len ? " " : "",
		text_of(body, "queue"), text_of(body, "agent"), text_of(body, "why"));
	if (from == 0 || from < s->over_ns || to < from || ++s->over > s->begun)
		sim_violation("a segment that none has begun, or not in order: %s: %s", s->text,
			s->segments);
	s->over_ns = to;
}

static void on_queued(struct sim_story *s, const json_t *body)
{
	str_copy(s->queue, sizeof(s->queue), text_of(body, "queue"));
	if (!s->dropped) // else it keeps its place
		s->order = ++told()->order;
	s->offered = s->dropped = false;
	s->begun++;
	say(s, "queued", s->queue, NULL);
}

static void on_offered(struct sim_story *s, const json_t *body)
{
	bool one = !sim_parts()->setup->several && !sim_parts()->setup->rings_all;
	if ((s->offered && one) || s->queue[0] == '\0')
		sim_violation("offered though not waiting: %s", s->text);
	if (!told()->lax)
		judge_order(s, text_of(body, "agent"));
	s->offered = true;
	say(s, "offered", text_of(body, "agent"), NULL);
}

static void on_ended(struct sim_story *s, const json_t *body)
{
	char by[64];
	s->ended++;
	s->queue[0] = '\0';
	if (s->over != s->begun)
		sim_violation("ended with an open segment: %s: %s", s->text, s->segments);
	str_format(by, sizeof(by), "%s/%s", text_of(body, "by"), text_of(body, "where"));
	say(s, "ended", text_of(body, "why"), by);
	json_decref(s->record);
	s->record = json_deep_copy(body);
}

static void tell_conference(struct sim_story *s, const struct event *e, const json_t *body)
{
	const char *name = text_of(body, "conference");
	bool muted = json_is_true(json_object_get(body, "muted"));

	if (e->type == EVENT_CALL_CONFERENCE_LEFT)
		say(s, "left", name, text_of(body, "why"));
	else if (e->type == EVENT_CALL_CONFERENCE_JOINED)
		say(s, "joined", name, muted ? "muted" : NULL);
	else if (e->type == EVENT_CALL_CONFERENCE_CHANGED)
		say(s, "changed", name, muted ? "muted" : NULL);
}

static void tell(struct sim_story *s, const struct event *e, const json_t *body)
{
	switch (e->type) {
	case EVENT_CALL_STARTED:
		on_started(s, body);
		break;
	case EVENT_CALL_ANSWERED:
		say(s, "answered", NULL, NULL);
		break;
	case EVENT_CALL_STEP:
		say(s, "step", text_of(body, "step"), NULL);
		break;
	case EVENT_CALL_DIGIT:
		say(s, "digit", text_of(body, "digit"), NULL);
		break;
	case EVENT_CALL_QUEUED:
		on_queued(s, body);
		break;
	case EVENT_CALL_DEQUEUED:
		s->queue[0] = '\0';
		say(s, "dequeued", text_of(body, "why"), NULL);
		break;
	case EVENT_CALL_OFFERED:
		on_offered(s, body);
		break;
	case EVENT_CALL_OFFER_ENDED:
		on_offer_ended(s, body);
		break;
	case EVENT_CALL_CONNECTED:
		if (s->connected++)
			sim_violation("connected twice: %s", s->text);
		s->begun++;
		say(s, "connected", text_of(body, "agent"), NULL);
		break;
	case EVENT_CALL_HELD:
	case EVENT_CALL_RESUMED:
	case EVENT_CALL_MEDIA_LOST:
		say(s, event_type_name(e->type) + strlen("call-"), text_of(body, "side"), NULL);
		break;
	case EVENT_CALL_MASKED:
	case EVENT_CALL_UNMASKED:
		say(s, event_type_name(e->type) + strlen("call-"), text_of(body, "by"), NULL);
		break;
	case EVENT_CALL_MONITORED:
		say(s, text_of(body, "mode"), text_of(body, "agent"), NULL);
		break;
	case EVENT_CALL_MONITOR_ENDED:
		say(s, "unmonitored", text_of(body, "why"), NULL);
		break;
	case EVENT_CALL_ENDED:
		on_ended(s, body);
		break;
	default:
		tell_conference(s, e, body);
	}
}

void sim_story_tell(const struct event *e, const json_t *body)
{
	if (!json_is_object(body))
		sim_violation("not a JSON object: %s", e->body);
	if (!callid_is_none(&e->call) &&
		(e->type < EVENT_RECORDING_STARTED || e->type == EVENT_CALL_REFUSED ||
			e->type == EVENT_CALL_SEGMENT)) {
		struct sim_story *s = story_of(&e->call);
		if (s->ended)
			sim_violation("%s after its end: %s", event_type_name(e->type), s->text);
		if (e->type == EVENT_CALL_REFUSED)
			on_refused(s, body);
		else if (e->type == EVENT_CALL_SEGMENT)
			on_segment(s, body);
		else
			tell(s, e, body);
	}
}

void sim_story_event(const struct event *e, void *arg)
{
	json_t *body = json_loadb(e->body, e->body_len, 0, NULL);
	sim_story_tell(e, body);
	json_decref(body);
}

static const struct sim_story *story_by_leg(const char *sip_call_id)
{
	dlist_for_each (it, &told()->stories) {
		const struct sim_story *s = container_of(it, struct sim_story, link);
		if (str_equal(s->sip_call_id, sip_call_id))
			return s;
	}
	return NULL;
}

const char *sim_story_text(const char *sip_call_id)
{
	const struct sim_story *s = story_by_leg(sip_call_id);
	return s ? s->text : "";
}

const char *sim_story_segments(const char *sip_call_id)
{
	const struct sim_story *s = story_by_leg(sip_call_id);
	return s ? s->segments : "";
}

const char *sim_story_record(const char *sip_call_id, const char *member)
{
	static char number[32];
	const struct sim_story *s = story_by_leg(sip_call_id);
	const json_t *v = s ? json_object_get(s->record, member) : NULL;
	if (json_is_integer(v)) {
		str_format(number, sizeof(number), "%lld", (long long)json_integer_value(v));
		return number;
	}
	return v ? json_string_value(v) : NULL;
}

struct callid sim_story_call(const char *sip_call_id)
{
	const struct sim_story *s = story_by_leg(sip_call_id);
	return s ? s->call : (struct callid){0};
}

static void agent_add(const struct floor_agent_info *a, void *arg)
{
	str_buf_add(arg, "%s%s:%s", ((struct str_buf *)arg)->len ? " " : "", a->name,
		agent_state_name(a->state));
}

const char *sim_agents(void)
{
	static char text[4096];
	struct str_buf b;
	str_buf_init(&b, text, sizeof(text));
	text[0] = '\0';
	floor_agents(calls_floor(sim_calls()), agent_add, &b);
	return text;
}
