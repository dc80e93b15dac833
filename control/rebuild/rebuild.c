// Replays the event log from its last snapshot: what each record means for what is alive.
#include "control/rebuild/rebuild.h"

#include <errno.h>
#include <stdlib.h>

#include "control/eventlog/alive.h"
#include "control/rebuild/calls.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("rebuild");

struct replay {
	struct kind calls, recordings, registrations, agents, figures;
	struct rebuild *out;
	uint64_t last_mono_ns;
	bool whole; // all that was alive is known: a snapshot is over, or the log was empty
	int error;
};

static void add(json_t *body, const char *member, uint64_t more)
{
	json_object_set_new(
		body, member, json_integer((json_int_t)(body_number_of(body, member) + more)));
}

// A trunk's figures may be behind its calls by as much as they are not written at once; those that
// come later have all of it. What stands for several calls was counted when these came.
static void replay_trunk(struct replay *r, const struct event *e, const json_t *call)
{
	bool refused = e->type == EVENT_CALL_REFUSED;
	const char *trunk = body_text_of(call, "trunk");
	char key[640];

	if (!*trunk || e->snapshot || json_object_get(call, "count"))
		return;
	str_format(key, sizeof(key), "trunk\n%s\n%s", e->tenant, trunk);
	struct living *l = living_get(&r->figures, key, &r->error);
	if (!l)
		return;
	if (!l->body) {
		str_copy(l->tenant, sizeof(l->tenant), e->tenant);
		l->body = json_pack("{s:s,s:s,s:I}", "of", "trunk", "name", trunk, "since",
			(json_int_t)e->wall_ns);
	}
	if (str_equal(body_text_of(call, "direction"), "out")) {
		add(l->body, "calls_out", 1);
		return;
	}
	add(l->body, "calls", 1);
	if (refused)
		add(l->body, "rejected", 1);
	json_object_set_new(l->body, "last", json_integer((json_int_t)e->wall_ns));
	json_object_set(l->body, "last_source", json_object_get(call, "source"));
}

static void replay_call(struct replay *r, const struct event *e, json_t *body)
{
	if (e->type == EVENT_CALL_STARTED || e->type == EVENT_CALL_REFUSED)
		replay_trunk(r, e, body);
	rebuild_call_event(&r->calls, e, body, &r->error);
}

static void replay_recording(struct replay *r, const struct event *e, json_t *body)
{
	const char *id = body_text_of(body, "id");

	if (e->type == EVENT_RECORDING_STARTED) {
		struct living *l = living_get(&r->recordings, id, &r->error);

		if (l)
			living_restate(l, e, body);
		replay_call(r, e, body);
	} else if (*id) { // one that did not even begin has none
		living_remove(&r->recordings, living_find(&r->recordings, id));
	}
}

static void replay_agent(struct replay *r, const struct event *e, json_t *body)
{
	struct kind *k = e->type == EVENT_AGENT_STATE ? &r->agents : &r->registrations;
	const char *contact = k == &r->agents ? "" : body_text_of(body, "contact");
	char key[640];

	str_format(key, sizeof(key), "%s\n%s", body_text_of(body, "agent"), contact);
	if (e->type == EVENT_AGENT_UNREGISTERED) {
		living_remove(k, living_find(k, key));
		return;
	}
	struct living *l = living_get(k, key, &r->error);
	if (!l)
		return;
	living_restate(l, e, body);
	// The phone heard last comes last. What restates it later, in a snapshot that was not
	// ended, has not come to those behind it.
	if (k == &r->registrations && !(e->snapshot && r->whole))
		living_last(k, l);
}

static void replay_figures(struct replay *r, const struct event *e, json_t *body)
{
	const char *of = body_text_of(body, "of");
	bool agent = str_equal(of, "agent"); // has its name alone, whose tenant may change
	char key[640];

	str_format(key, sizeof(key), "%s\n%s\n%s", of, agent ? "" : e->tenant,
		body_text_of(body, "name"));
	struct living *l = living_get(&r->figures, key, &r->error);
	if (l)
		living_restate(l, e, body);
}

typedef void replay_fn(struct replay *r, const struct event *e, json_t *body);

static void replay_nothing(struct replay *r, const struct event *e, json_t *body)
{
}

// Whose matter a record is, by its row; NULL: of a later version.
static replay_fn *replay_of(enum event_type type)
{
	switch (type) {
#define X(name, number, text, whose, body) \
	case EVENT_##name:                 \
		return replay_##whose;
		EVENT_TYPES(X)
#undef X
	}
	return NULL;
}

static void replay_event(struct replay *r, const struct event *e)
{
	replay_fn *replay = replay_of(e->type);

	if (e->type == EVENT_SNAPSHOT_END || e->sequence == 1)
		r->whole = true;
	if (e->type == EVENT_NODE_STARTED)
		r->out->previous = REBUILD_KILLED;
	if (e->type == EVENT_NODE_STOPPED)
		r->out->previous = REBUILD_STOPPED;
	if (!replay || replay == replay_nothing)
		return;
	json_t *body = json_loadb(e->body, e->body_len, 0, NULL);
	if (json_is_object(body)) {
		replay(r, e, body);
	} else {
		log_error("a record's body is no JSON object sequence=%llu",
			(unsigned long long)e->sequence);
		r->out->damaged++;
	}
	json_decref(body);
}

// Calls go on without a record, minutes long: until the process last said that it lives.
static void replay_death(struct replay *r, const char *directory, const struct event *last)
{
	struct alive_mark mark;

	if (r->out->previous != REBUILD_KILLED || alive_read(directory, last, &mark) != 0)
		return;
	r->out->last_ns = mark.wall_ns;
	r->last_mono_ns = mark.mono_ns;
}

static int replay_log(struct replay *r, const char *directory)
{
	struct eventlog_reader *reader;
	struct event e, last = {};
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
		last = e; // of which the texts go
		replay_event(r, &e);
	}
	if (!rc)
		replay_death(r, directory, &last);
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
		struct rebuild_call *c = &out->calls[out->call_count];

		c->call = l->call;
		str_copy(c->tenant, sizeof(c->tenant), l->tenant);
		out->call_count++;
		if (rebuild_call_ended(l, r->last_mono_ns, &c->record, &c->segment) != 0)
			return -ENOMEM;
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
		str_copy(to->id, sizeof(to->id), body_text_of(l->body, "id"));
		str_copy(to->file, sizeof(to->file), body_text_of(l->body, "file"));
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

		to->expires_ns = body_number_of(l->body, "expires");
		if (to->expires_ns <= now_ns)
			continue;
		to->cseq = body_number_of(l->body, "cseq");
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->agent, sizeof(to->agent), body_text_of(l->body, "agent"));
		str_copy(to->contact, sizeof(to->contact), body_text_of(l->body, "contact"));
		str_copy(to->instance, sizeof(to->instance), body_text_of(l->body, "instance"));
		str_copy(to->source, sizeof(to->source), body_text_of(l->body, "source"));
		str_copy(to->transport, sizeof(to->transport), body_text_of(l->body, "transport"));
		str_copy(to->call_id, sizeof(to->call_id), body_text_of(l->body, "call_id"));
		str_copy(to->user_agent, sizeof(to->user_agent),
			body_text_of(l->body, "user_agent"));
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
		to->until_ns = body_number_of(l->body, "until");
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->agent, sizeof(to->agent), body_text_of(l->body, "agent"));
		str_copy(to->queue, sizeof(to->queue), body_text_of(l->body, "queue"));
		str_copy(to->state, sizeof(to->state), body_text_of(l->body, "to"));
		str_copy(to->why, sizeof(to->why), body_text_of(l->body, "why"));
		str_copy(to->pause, sizeof(to->pause), body_text_of(l->body, "pause"));
		str_copy(to->pause_code, sizeof(to->pause_code),
			body_text_of(l->body, "pause_code"));
	}
	return 0;
}

static int give_figures(struct replay *r, struct rebuild *out)
{
	out->figures = calloc(r->figures.count + 1, sizeof(*out->figures));
	if (!out->figures)
		return -ENOMEM;
	dlist_for_each (it, &r->figures.list) {
		struct living *l = container_of(it, struct living, link);
		struct rebuild_figures *to = &out->figures[out->figures_count];
		const char *name;

		to->of = figures_read(l->body, &name, &to->n);
		if (to->of == FIGURES_KINDS)
			continue;
		str_copy(to->tenant, sizeof(to->tenant), l->tenant);
		str_copy(to->name, sizeof(to->name), name);
		out->figures_count++;
	}
	return 0;
}

int rebuild_load(const char *directory, uint64_t now_wall_ns, struct rebuild *out)
{
	struct replay r = {.out = out};
	struct kind *const kinds[] = {
		&r.calls, &r.recordings, &r.registrations, &r.agents, &r.figures};
	int rc = 0;

	*out = (struct rebuild){.previous = REBUILD_FIRST_START};
	for (unsigned i = 0; i < 5; i++)
		rc = rc ? rc : living_init(kinds[i]);
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
	if (!rc)
		rc = give_figures(&r, out);
	for (unsigned i = 0; i < 5; i++)
		if (kinds[i]->by_key.buckets)
			living_fini(kinds[i]);
	if (rc)
		rebuild_free(out);
	return rc;
}

void rebuild_free(struct rebuild *r)
{
	for (size_t i = 0; i < r->call_count; i++)
		free(r->calls[i].record), free(r->calls[i].segment);
	free(r->calls);
	free(r->recordings);
	free(r->registrations);
	free(r->agents);
	free(r->figures);
	*r = (struct rebuild){};
}
