// Replays the event log from its last snapshot: what each record means for what is alive.
#include "control/base/rebuild.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/eventlog.h"
#include "engine/base/clock.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("rebuild");

// Something alive, found by its key.
struct living {
	struct hash_node node;
	struct dlist link; // in the order of coming
	char key[640];
	struct callid call;
	char tenant[REBUILD_NAME_MAX];
	json_t *body;	   // of its last record; of a call: the record so far
	uint64_t since_ns; // wall time of that record
	int64_t began_ns;  // of a call: by the steady clock; before 0: before that began
	bool began;
	uint64_t queued_ns; // of a call: when it came into the queue that it is in
};

struct kind {
	struct hash by_key;
	struct dlist list;
	size_t count;
};

struct replay {
	struct kind calls, recordings, registrations, agents;
	struct rebuild *out;
	uint64_t last_mono_ns;
	int error;
};

static int kind_init(struct kind *k)
{
	dlist_init(&k->list);
	return hash_init(&k->by_key, 64);
}

static struct living *kind_find(struct kind *k, const char *key)
{
	uint64_t hash = hash_str(key, 0);

	for (struct hash_node *n = hash_first(&k->by_key, hash); n; n = hash_next(n)) {
		struct living *l = container_of(n, struct living, node);

		if (!strcmp(l->key, key))
			return l;
	}
	return NULL;
}

static struct living *kind_get(struct replay *r, struct kind *k, const char *key)
{
	struct living *l = kind_find(k, key);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l) {
		r->error = -ENOMEM;
		return NULL;
	}
	str_copy(l->key, sizeof(l->key), key);
	hash_insert(&k->by_key, &l->node, hash_str(key, 0));
	dlist_push_back(&k->list, &l->link);
	k->count++;
	return l;
}

static void kind_remove(struct kind *k, struct living *l)
{
	if (!l)
		return;
	hash_remove(&k->by_key, &l->node);
	dlist_remove(&l->link);
	k->count--;
	json_decref(l->body);
	free(l);
}

static void kind_fini(struct kind *k)
{
	dlist_for_each_safe (it, &k->list)
		kind_remove(k, container_of(it, struct living, link));
	hash_fini(&k->by_key);
}

static const char *text_of(const json_t *body, const char *member)
{
	const char *text = json_string_value(json_object_get(body, member));

	return text ? text : "";
}

static uint64_t number_of(const json_t *body, const char *member)
{
	return json_integer_value(json_object_get(body, member));
}

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
		set_number(record, "waited_ms", number_of(record, "waited_ms") + ms);
}

static void copy_member(json_t *to, const json_t *from, const char *member)
{
	json_t *value = json_object_get(from, member);

	if (value)
		json_object_set(to, member, value);
}

static void living_restate(struct living *l, const struct event *e, json_t *body)
{
	str_copy(l->tenant, sizeof(l->tenant), e->tenant);
	l->call = e->call;
	l->since_ns = e->wall_ns;
	json_decref(l->body);
	l->body = json_incref(body);
}

// A call's own time: the wall clock when it began, and from there on the steady one, as its own
// record has it. Never before what happened last, as it were after a new start of the machine.
static uint64_t call_time(const struct living *l, uint64_t mono_ns)
{
	static const char *const members[] = {"started", "answered", "connected"};
	int64_t passed_ns = (int64_t)mono_ns - l->began_ns;
	uint64_t time = number_of(l->body, "started") + (passed_ns > 0 ? passed_ns : 0);

	for (unsigned i = 0; i < 3; i++)
		if (time < number_of(l->body, members[i]))
			time = number_of(l->body, members[i]);
	return time;
}

// How long ago a call began of which we read for the first time: a restated one says so; where
// it does not, the wall clock's word is taken.
static void call_begin(struct living *l, const struct event *e, const json_t *body)
{
	uint64_t started = number_of(l->body, "started");
	uint64_t passed_ns = number_of(body, "total_ms") * NS_PER_MS;

	if (!passed_ns && e->wall_ns > started)
		passed_ns = e->wall_ns - started;
	l->began_ns = (int64_t)(e->mono_ns - passed_ns);
	l->began = true;
}

static void call_started(struct replay *r, const struct event *e, json_t *body, const char *key)
{
	struct living *l = kind_get(r, &r->calls, key);

	if (!l)
		return;
	str_copy(l->tenant, sizeof(l->tenant), e->tenant);
	l->call = e->call;
	if (!l->body)
		l->body = json_object();
	json_object_update(l->body, body);
	if (e->snapshot) { // restated while it waits, or not
		l->queued_ns = number_of(body, "queued");
		json_object_del(l->body, "queued");
	}
	if (!number_of(l->body, "started"))
		set_number(l->body, "started", e->wall_ns);
	if (!l->began)
		call_begin(l, e, body);
	if (*text_of(l->body, "where"))
		return;
	// A snapshot's restated call: as far as its record says.
	set_text(l->body, "where",
		number_of(body, "connected")	      ? "talking"
			: *text_of(body, "queue")     ? "queue"
			: number_of(body, "answered") ? "menu"
						      : "opening");
}

static void call_digit(json_t *record, const json_t *body)
{
	char digits[64];

	str_format(
		digits, sizeof(digits), "%s%s", text_of(record, "digits"), text_of(body, "digit"));
	set_text(record, "digits", digits);
}

static void call_queued(struct living *l, const struct event *e, const json_t *body)
{
	json_t *record = l->body;

	copy_member(record, body, "queue");
	set_text(record, "where", "queue");
	l->queued_ns = call_time(l, e->mono_ns);
	if (!json_object_get(body, "waiting_ms"))
		return;
	// Back where it stood: the wait goes on from its begin.
	l->queued_ns -= number_of(body, "waiting_ms") * NS_PER_MS;
	copy_member(record, body, "dropped_by");
	json_object_del(record, "waited_ms");
	add_waited(record, number_of(body, "waited_ms"));
}

static void call_changed(struct living *l, const struct event *e, const json_t *body)
{
	json_t *record = l->body;

	switch (e->type) {
	case EVENT_CALL_ANSWERED:
		set_number(record, "answered", call_time(l, e->mono_ns));
		set_text(record, "where", "menu");
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
		add_waited(record, number_of(body, "waited_ms"));
		l->queued_ns = 0;
		break;
	case EVENT_CALL_OFFERED:
		set_text(record, "where", "ringing");
		break;
	case EVENT_CALL_OFFER_ENDED: // also of an agent that hung up at once
		json_object_del(record, "connected");
		json_object_del(record, "agent");
		set_text(record, "where", "queue");
		break;
	case EVENT_CALL_CONNECTED:
		set_number(record, "connected", call_time(l, e->mono_ns));
		set_text(record, "where", "talking");
		copy_member(record, body, "agent");
		copy_member(record, body, "queue");
		copy_member(record, body, "waited_ms");
		l->queued_ns = 0;
		break;
	case EVENT_RECORDING_STARTED:
		json_object_set(record, "recording", json_object_get(body, "id"));
		break;
	default:
		break;
	}
}

static void replay_call(struct replay *r, const struct event *e, json_t *body)
{
	char key[CALLID_TEXT_MAX];

	callid_text(&e->call, key);
	if (e->type == EVENT_CALL_STARTED) {
		call_started(r, e, body, key);
		return;
	}
	struct living *l = kind_find(&r->calls, key);
	if (e->type == EVENT_CALL_ENDED)
		kind_remove(&r->calls, l);
	else if (l)
		call_changed(l, e, body);
}

static void replay_recording(struct replay *r, const struct event *e, json_t *body)
{
	const char *id = text_of(body, "id");

	if (e->type == EVENT_RECORDING_STARTED) {
		struct living *l = kind_get(r, &r->recordings, id);

		if (l)
			living_restate(l, e, body);
		replay_call(r, e, body);
	} else {
		kind_remove(&r->recordings, kind_find(&r->recordings, id));
	}
}

static void replay_agent(struct replay *r, const struct event *e, json_t *body)
{
	struct kind *k = e->type == EVENT_AGENT_STATE ? &r->agents : &r->registrations;
	const char *contact = k == &r->agents ? "" : text_of(body, "contact");
	char key[640];

	str_format(key, sizeof(key), "%s\n%s", text_of(body, "agent"), contact);
	if (e->type == EVENT_AGENT_UNREGISTERED) {
		kind_remove(k, kind_find(k, key));
		return;
	}
	struct living *l = kind_get(r, k, key);
	if (l)
		living_restate(l, e, body);
}

static void replay_event(struct replay *r, const struct event *e)
{
	if (e->type == EVENT_NODE_STARTED)
		r->out->previous = REBUILD_KILLED;
	if (e->type == EVENT_NODE_STOPPED)
		r->out->previous = REBUILD_STOPPED;
	if (e->type < EVENT_CALL_STARTED || e->type > EVENT_AGENT_STATE)
		return;
	json_t *body = json_loadb(e->body, e->body_len, 0, NULL);
	if (!json_is_object(body)) {
		log_error("a record's body is no JSON object sequence=%llu",
			(unsigned long long)e->sequence);
		r->out->damaged++;
	} else if (e->type <= EVENT_CALL_ENDED) {
		replay_call(r, e, body);
	} else if (e->type <= EVENT_RECORDING_FAILED) {
		replay_recording(r, e, body);
	} else {
		replay_agent(r, e, body);
	}
	json_decref(body);
}

static int replay_log(struct replay *r, const char *directory)
{
	struct eventlog_reader *reader;
	struct event e;
	int rc = eventlog_reader_open_snapshot(directory, &reader);

	if (rc)
		return rc;
	while ((rc = eventlog_reader_next(reader, &e)) == 1 || rc == -EBADMSG) {
		if (rc == -EBADMSG) {
			r->out->damaged++;
			log_error("event log: %s", eventlog_reader_damage(reader));
			continue;
		}
		if (!r->out->last_sequence)
			r->out->previous = REBUILD_KILLED;
		r->out->last_sequence = e.sequence;
		r->out->last_ns = e.wall_ns;
		r->last_mono_ns = e.mono_ns;
		replay_event(r, &e);
	}
	eventlog_reader_close(reader);
	return rc ? rc : r->error;
}

static int give_calls(struct replay *r, struct rebuild *out)
{
	out->calls = calloc(r->calls.count + 1, sizeof(*out->calls));
	if (!out->calls)
		return -ENOMEM;
	dlist_for_each (it, &r->calls.list) {
		struct living *l = container_of(it, struct living, link);
		uint64_t connected = number_of(l->body, "connected");
		uint64_t last_ns = call_time(l, r->last_mono_ns);
		struct rebuild_call *c = &out->calls[out->call_count];

		set_number(l->body, "ended", last_ns);
		set_number(
			l->body, "total_ms", (last_ns - number_of(l->body, "started")) / NS_PER_MS);
		set_text(l->body, "why", "node-killed");
		set_text(l->body, "by", "system");
		if (number_of(l->body, "answered"))
			set_number(l->body, "status", 200);
		if (connected && last_ns > connected)
			set_number(l->body, "talked_ms", (last_ns - connected) / NS_PER_MS);
		if (l->queued_ns && last_ns > l->queued_ns)
			add_waited(l->body, (last_ns - l->queued_ns) / NS_PER_MS);
		c->call = l->call;
		str_copy(c->tenant, sizeof(c->tenant), l->tenant);
		c->record = json_dumps(l->body, JSON_COMPACT);
		if (!c->record)
			return -ENOMEM;
		out->call_count++;
	}
	return 0;
}

static int give_recordings(struct replay *r, struct rebuild *out)
{
	out->recordings = calloc(r->recordings.count + 1, sizeof(*out->recordings));
	if (!out->recordings)
		return -ENOMEM;
	dlist_for_each (it, &r->recordings.list) {
		struct living *l = container_of(it, struct living, link);
		struct rebuild_recording *to = &out->recordings[out->recording_count++];

		to->call = l->call;
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->id, sizeof(to->id), text_of(l->body, "id"));
		str_copy(to->file, sizeof(to->file), text_of(l->body, "file"));
	}
	return 0;
}

static int give_registrations(struct replay *r, struct rebuild *out, uint64_t now_ns)
{
	out->registrations = calloc(r->registrations.count + 1, sizeof(*out->registrations));
	if (!out->registrations)
		return -ENOMEM;
	dlist_for_each (it, &r->registrations.list) {
		struct living *l = container_of(it, struct living, link);
		struct rebuild_registration *to = &out->registrations[out->registration_count];

		to->expires_ns = number_of(l->body, "expires");
		if (to->expires_ns <= now_ns)
			continue;
		to->cseq = number_of(l->body, "cseq");
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->agent, sizeof(to->agent), text_of(l->body, "agent"));
		str_copy(to->contact, sizeof(to->contact), text_of(l->body, "contact"));
		str_copy(to->source, sizeof(to->source), text_of(l->body, "source"));
		str_copy(to->transport, sizeof(to->transport), text_of(l->body, "transport"));
		str_copy(to->call_id, sizeof(to->call_id), text_of(l->body, "call_id"));
		str_copy(to->user_agent, sizeof(to->user_agent), text_of(l->body, "user_agent"));
		out->registration_count++;
	}
	return 0;
}

static int give_agents(struct replay *r, struct rebuild *out)
{
	out->agents = calloc(r->agents.count + 1, sizeof(*out->agents));
	if (!out->agents)
		return -ENOMEM;
	dlist_for_each (it, &r->agents.list) {
		struct living *l = container_of(it, struct living, link);
		struct rebuild_agent *to = &out->agents[out->agent_count++];

		to->ready = json_is_true(json_object_get(l->body, "ready"));
		to->since_ns = l->since_ns;
		to->until_ns = number_of(l->body, "until");
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->agent, sizeof(to->agent), text_of(l->body, "agent"));
		str_copy(to->state, sizeof(to->state), text_of(l->body, "to"));
		str_copy(to->why, sizeof(to->why), text_of(l->body, "why"));
	}
	return 0;
}

int rebuild_load(const char *directory, uint64_t now_wall_ns, struct rebuild *out)
{
	struct replay r = {.out = out};
	struct kind *const kinds[] = {&r.calls, &r.recordings, &r.registrations, &r.agents};
	int rc = 0;

	*out = (struct rebuild){.previous = REBUILD_FIRST_START};
	for (unsigned i = 0; i < 4; i++)
		rc = rc ? rc : kind_init(kinds[i]);
	if (!rc)
		rc = replay_log(&r, directory);
	if (!rc)
		rc = give_calls(&r, out);
	if (!rc)
		rc = give_recordings(&r, out);
	if (!rc)
		rc = give_registrations(&r, out, now_wall_ns);
	if (!rc)
		rc = give_agents(&r, out);
	for (unsigned i = 0; i < 4; i++)
		if (kinds[i]->by_key.buckets)
			kind_fini(kinds[i]);
	if (rc)
		rebuild_free(out);
	return rc;
}

void rebuild_free(struct rebuild *r)
{
	for (size_t i = 0; i < r->call_count; i++)
		free(r->calls[i].record);
	free(r->calls);
	free(r->recordings);
	free(r->registrations);
	free(r->agents);
	*r = (struct rebuild){};
}
