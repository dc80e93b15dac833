// What the event log's records mean for a call, and the record of one that nobody ended.
#include "control/rebuild/calls.h"

#include <errno.h>

#include "control/base/pressed.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static void set_text(json_t *body, const char *member, const char *text)
{
	json_object_set_new(body, member, json_string(text));
}

static void set_number(json_t *body, const char *member, uint64_t number)
{
	json_object_set_new(body, member, json_integer(number));
}

// A call's waiting in one queue: its record has the sum.
// As in a restated record, a time that is none is no member.
static void add_waited(json_t *record, uint64_t ms)
{
	if (ms)
		set_number(record, "waited_ms", body_number_of(record, "waited_ms") + ms);
}

static void copy_member(json_t *to, const json_t *from, const char *member)
{
	json_t *value = json_object_get(from, member);

	if (value)
		json_object_set(to, member, value);
}

// A call's own time: the wall clock when it began, and from there on the steady one, as its own
// record has it. Never before what happened last, as it were after a new start of the machine.
static uint64_t call_time(const struct living *l, uint64_t mono_ns)
{
	static const char *const members[] = {"started", "answered", "connected"};
	int64_t passed_ns = (int64_t)mono_ns - l->began_ns;
	uint64_t time = body_number_of(l->body, "started") + (passed_ns > 0 ? passed_ns : 0);

	for (unsigned i = 0; i < 3; i++)
		if (time < body_number_of(l->body, members[i]))
			time = body_number_of(l->body, members[i]);
	return time;
}

// How long ago a call began of which we read for the first time: a restated one says so; where
// it does not, the wall clock's word is taken.
static void call_begin(struct living *l, const struct event *e, const json_t *body)
{
	uint64_t started = body_number_of(l->body, "started");
	uint64_t passed_ns = body_number_of(body, "total_ms") * NS_PER_MS;

	if (!passed_ns && e->wall_ns > started)
		passed_ns = e->wall_ns - started;
	l->began_ns = (int64_t)(e->mono_ns - passed_ns);
	l->began = true;
}

static void segment_begins(struct living *l, uint64_t at_ns)
{
	l->segment_ns = at_ns;
	l->segment_ended_ns = 0;
}

// A log of before there were segments says when the wait or the conversation began.
static void segment_restated(struct living *l, const json_t *body)
{
	uint64_t at_ns = body_number_of(body, "segment");

	if (!at_ns)
		at_ns = l->queued_ns;
	segment_begins(l, at_ns ? at_ns : body_number_of(body, "connected"));
	json_object_del(l->body, "segment");
}

// Of a call that was answered and went no further yet. An agent that dialled is answered next: of
// calls out, only an agent's own has one before it is connected.
static const char *where_answered(const json_t *record)
{
	bool own = str_equal(body_text_of(record, "direction"), "out") &&
		*body_text_of(record, "agent") && !*body_text_of(record, "queue");

	return own ? "answering" : "menu";
}

static void hold_restated(
	struct living *l, const json_t *body, bool agent, const char *so_far, const char *since)
{
	l->held[agent].ns = body_number_of(body, so_far) * NS_PER_MS;
	l->held[agent].since_ns = body_number_of(body, since);
	json_object_del(l->body, so_far);
	json_object_del(l->body, since);
}

static void call_started(struct living *l, const struct event *e, json_t *body)
{
	str_copy(l->tenant, sizeof(l->tenant), e->tenant);
	l->call = e->call;
	if (!l->body)
		l->body = json_object();
	json_object_update(l->body, body);
	if (e->snapshot) { // restated while it waits, or not
		l->queued_ns = body_number_of(body, "queued");
		json_object_del(l->body, "queued");
		segment_restated(l, body);
		hold_restated(l, body, true, "hold_ms", "held");
		hold_restated(l, body, false, "caller_hold_ms", "caller_held");
	}
	if (!body_number_of(l->body, "started"))
		set_number(l->body, "started", e->wall_ns);
	if (!l->began)
		call_begin(l, e, body);
	if (*body_text_of(l->body, "where"))
		return;
	// A snapshot's restated call: as far as its record says.
	set_text(l->body, "where",
		body_number_of(body, "connected")	   ? "talking"
			: *body_text_of(body, "queue")	   ? "queue"
			: body_number_of(body, "answered") ? where_answered(body)
							   : "opening");
}

static void call_digit(json_t *record, const json_t *body)
{
	char digits[PRESSED_MAX];
	const char *digit = body_text_of(body, "digit");

	str_copy(digits, sizeof(digits), body_text_of(record, "digits"));
	if (*digit)
		pressed_add(digits, *digit);
	set_text(record, "digits", digits);
}

// Of the agent that it talks to.
static const char *const unit_members[] = {"site", "shift", "team", "group"};
#define UNIT_MEMBERS (sizeof(unit_members) / sizeof(unit_members[0]))

static void copy_unit(json_t *to, const json_t *from)
{
	for (unsigned i = 0; i < UNIT_MEMBERS; i++)
		copy_member(to, from, unit_members[i]);
}

static void forget_unit(json_t *record)
{
	for (unsigned i = 0; i < UNIT_MEMBERS; i++)
		json_object_del(record, unit_members[i]);
}

static void call_queued(struct living *l, const struct event *e, const json_t *body)
{
	json_t *record = l->body;

	copy_member(record, body, "queue");
	copy_member(record, body, "skills");
	set_text(record, "where", "queue");
	l->queued_ns = call_time(l, e->mono_ns);
	segment_begins(l, l->queued_ns);
	if (!json_object_get(body, "waiting_ms"))
		return;
	// Back where it stood: the wait goes on from its begin.
	l->queued_ns -= body_number_of(body, "waiting_ms") * NS_PER_MS;
	copy_member(record, body, "dropped_by");
	json_object_del(record, "waited_ms");
	add_waited(record, body_number_of(body, "waited_ms"));
}

static void put_where(struct living *l, const char *where)
{
	set_text(l->body, "where", where);
}

static void call_talks(struct living *l)
{
	put_where(l, l->held[0].since_ns || l->held[1].since_ns ? "held" : "talking");
}

static void call_held(struct living *l, const struct event *e, const json_t *body)
{
	const char *where = body_text_of(l->body, "where");

	hold_set(&l->held[str_equal(body_text_of(body, "side"), "agent")],
		e->type == EVENT_CALL_HELD, call_time(l, e->mono_ns));
	if (str_equal(where, "talking") || str_equal(where, "held"))
		call_talks(l);
}

static void call_connected(struct living *l, const struct event *e, const json_t *body)
{
	segment_begins(l, call_time(l, e->mono_ns));
	set_number(l->body, "connected", l->segment_ns);
	hold_restart(&l->held[0], l->segment_ns);
	l->held[1] = (struct hold){};
	call_talks(l);
	copy_member(l->body, body, "agent");
	if (*body_text_of(body, "queue")) { // else an agent's own call: it has not waited
		copy_member(l->body, body, "queue");
		copy_member(l->body, body, "waited_ms");
	}
	copy_unit(l->body, body);
	l->queued_ns = 0;
}

static void call_changed(struct living *l, const struct event *e, const json_t *body)
{
	json_t *record = l->body;

	switch (e->type) {
	case EVENT_CALL_ANSWERED:
		set_number(record, "answered", call_time(l, e->mono_ns));
		put_where(l, where_answered(record));
		break;
	case EVENT_CALL_STEP:
		copy_member(record, body, "flow");
		break;
	case EVENT_CALL_DIGIT:
		call_digit(record, body);
		break;
	case EVENT_CALL_QUEUED:
		call_queued(l, e, body);
		break;
	case EVENT_CALL_DEQUEUED:
		json_object_del(record, "skills");
		add_waited(record, body_number_of(body, "waited_ms"));
		l->queued_ns = 0;
		// Its CALL_SEGMENT comes next, unless the log ends here.
		l->segment_ended_ns = call_time(l, e->mono_ns);
		str_copy(l->segment_why, sizeof(l->segment_why), body_text_of(body, "why"));
		copy_unit(record, body);
		put_where(l, "flow"); // or it is connected at once
		break;
	case EVENT_CALL_SEGMENT:
		segment_begins(l, 0);
		break;
	case EVENT_CALL_OFFERED:
		put_where(l, "ringing");
		break;
	case EVENT_CALL_OFFER_ENDED: // also of an agent that hung up at once
		json_object_del(record, "connected");
		json_object_del(record, "agent");
		forget_unit(record);
		put_where(l, "queue");
		break;
	case EVENT_CALL_CONNECTED:
		call_connected(l, e, body);
		break;
	case EVENT_CALL_HELD:
	case EVENT_CALL_RESUMED:
		call_held(l, e, body);
		break;
	case EVENT_CALL_CONFERENCE_JOINED:
		put_where(l, "conference");
		break;
	case EVENT_CALL_CONFERENCE_LEFT:
		put_where(l, "flow");
		break;
	case EVENT_RECORDING_STARTED:
		json_object_set(record, "recording", json_object_get(body, "id"));
		break;
	default:
		break;
	}
}

void rebuild_call_event(struct kind *calls, const struct event *e, json_t *body, int *error)
{
	char key[CALLID_TEXT_MAX];

	callid_text(&e->call, key);
	struct living *l = e->type == EVENT_CALL_STARTED ? living_get(calls, key, error)
							 : living_find(calls, key);
	if (!l)
		return;
	if (e->type == EVENT_CALL_STARTED)
		call_started(l, e, body);
	else if (e->type == EVENT_CALL_ENDED)
		living_remove(calls, l);
	else
		call_changed(l, e, body);
}

// Where it came from CALL_STARTED alone says; a record has no such members.
static void forget_beginning(json_t *record)
{
	static const char *const members[] = {"source", "transport", "by_agent"};

	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_del(record, members[i]);
}

// NULL: no memory.
static char *segment_ended(const struct living *l, uint64_t ended)
{
	bool over = l->segment_ended_ns != 0, talk = *body_text_of(l->body, "agent") != '\0';
	json_t *body = json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "queue",
		body_text_of(l->body, "queue"), "agent", body_text_of(l->body, "agent"), "called",
		body_text_of(l->body, "called"), "started", (json_int_t)l->segment_ns, "ended",
		(json_int_t)(over ? l->segment_ended_ns : ended), "why",
		over ? l->segment_why : "node-killed");

	if (body) {
		copy_member(body, l->body, "region");
		copy_unit(body, l->body);
	}
	if (talk) {
		set_number(body, "hold_ms", hold_ns(&l->held[1], ended) / NS_PER_MS);
		set_number(body, "caller_hold_ms", hold_ns(&l->held[0], ended) / NS_PER_MS);
	}
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	return text;
}

int rebuild_call_ended(struct living *l, uint64_t mono_ns, char **record, char **segment)
{
	forget_beginning(l->body);
	uint64_t connected = body_number_of(l->body, "connected");
	uint64_t ended = call_time(l, mono_ns);

	set_number(l->body, "ended", ended);
	set_number(l->body, "total_ms", (ended - body_number_of(l->body, "started")) / NS_PER_MS);
	set_text(l->body, "why", "node-killed");
	set_text(l->body, "by", "system");
	if (body_number_of(l->body, "answered"))
		set_number(l->body, "status", 200);
	if (connected && ended > connected)
		set_number(l->body, "talked_ms", (ended - connected) / NS_PER_MS);
	if (l->queued_ns && ended > l->queued_ns)
		add_waited(l->body, (ended - l->queued_ns) / NS_PER_MS);
	if (l->segment_ns)
		*segment = segment_ended(l, ended);
	forget_unit(l->body);
	*record = json_dumps(l->body, JSON_COMPACT);
	return *record && (*segment || !l->segment_ns) ? 0 : -ENOMEM;
}
