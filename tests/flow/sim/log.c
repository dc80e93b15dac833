// The event log judged: every record is read back, each is what it was when it was appended, each
// call has one beginning and one end; and cut anywhere, a start that begins at a snapshot finds the
// same alive as one that reads all news from the first.
#include "tests/flow/sim/log.h"

#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/format.h"
#include "control/rebuild/rebuild.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"
#include "tests/unit/control/ops/shape_judge.h"

#define CUTS 4 // random moments of a kill

struct sim_fed {
	struct eventlog *log;
	uint64_t fed, fed_hash; // news, as they were appended
};

static struct sim_fed *fed(void)
{
	return sim_parts()->fed;
}

static bool restate(struct eventlog *l, struct eventlog_place *place, void *arg)
{
	return calls_snapshot(sim_calls(), l, place);
}

void sim_log_begin(struct eventlog *l)
{
	sim_parts()->fed = sim_calloc(sizeof(struct sim_fed));
	fed()->log = l;
	eventlog_set_snapshot(l, restate, NULL);
}

static uint64_t event_hash(const struct event *e, uint64_t sum)
{
	return hash_str(e->body, hash_str(e->tenant, sum + e->type + e->sequence));
}

// As the live feed tells it: each member of its kind, none missing, none unknown.
static void judge_shape(const struct event *e, json_t *body)
{
	char problem[SHAPE_PROBLEM_MAX];
	const struct shape *s = shape_of_event(e->type);
	json_t *told = shape_fit(s, body);

	if (!s || !shape_judge(s, told, problem))
		sim_violation("%s is not as its schema says: %s", event_type_name(e->type),
			s ? problem : "it has none");
	json_decref(told);
}

void sim_log_event(const struct event *e)
{
	json_t *body = json_loadb(e->body, e->body_len, 0, NULL);
	sim_story_tell(e, body);
	sim_parts()->stirred = true;
	if (sim_parts()->setup->lax_shapes)
		json_decref(body);
	else
		judge_shape(e, body);
	fed()->fed++;
	fed()->fed_hash = event_hash(e, fed()->fed_hash);
}

void sim_log_settle(void)
{
	struct pollfd p = {.fd = eventlog_fd(fed()->log), .events = POLLIN};
	struct eventlog_status s;

	eventlog_status(fed()->log, &s);
	while (s.written < s.appended) {
		if (poll(&p, 1, 10000) != 1)
			ck_abort_msg("the event log stands still");
		eventlog_poll(fed()->log);
		eventlog_status(fed()->log, &s);
	}
}

void sim_folder_make(char *out, size_t size)
{
	bool memory = access("/dev/shm", W_OK) == 0;
	str_format(out, size, "%s/ringhall_flow_XXXXXX", memory ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(out));
}

// --- the log as a whole ---

struct whole {
	struct event *events; // bodies and tenants are copies
	size_t count, room;
};

static void whole_add(struct whole *w, const struct event *e)
{
	if (w->count == w->room) {
		w->room = w->room ? 2 * w->room : 1024;
		w->events = realloc(w->events, w->room * sizeof(*w->events));
		ck_assert_ptr_nonnull(w->events);
	}
	struct event *copy = &w->events[w->count++];
	*copy = *e;
	copy->tenant = strdup(e->tenant);
	copy->body = strdup(e->body);
}

static void whole_free(struct whole *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free((char *)w->events[i].tenant);
		free((char *)w->events[i].body);
	}
	free(w->events);
}

// News are what they were when they were appended, and judged then (whole_read() compares).
static void judge_record(const struct event *e, uint64_t last)
{
	json_t *body = e->snapshot ? json_loadb(e->body, e->body_len, 0, NULL) : NULL;

	if (e->sequence != last + 1)
		sim_violation("sequence %llu behind %llu", (unsigned long long)e->sequence,
			(unsigned long long)last);
	if (e->snapshot && !json_is_object(body))
		sim_violation("record %llu is no JSON object: %s", (unsigned long long)e->sequence,
			e->body);
	if (!event_type_name(e->type))
		sim_violation(
			"record %llu has no type: %d", (unsigned long long)e->sequence, e->type);
	json_decref(body);
}

static int by_call(const void *a, const void *b)
{
	return callid_compare(a, b);
}

// How many of the type there are; none twice.
static size_t judge_once(const struct whole *w, enum event_type type)
{
	struct callid *calls = calloc(w->count + 1, sizeof(*calls));
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->events[i].type == type && !w->events[i].snapshot)
			calls[count++] = w->events[i].call;
	qsort(calls, count, sizeof(*calls), by_call);
	for (size_t i = 1; i < count; i++)
		if (callid_equal(&calls[i - 1], &calls[i]))
			sim_violation("%s twice in the log", event_type_name(type));
	free(calls);
	return count;
}

static void judge_ends(const struct whole *w)
{
	size_t started = judge_once(w, EVENT_CALL_STARTED);
	size_t ended = judge_once(w, EVENT_CALL_ENDED);

	if (started != ended)
		sim_violation("%zu calls start in the log, %zu end", started, ended);
}

static void whole_read(const char *directory, struct whole *w)
{
	struct eventlog_reader *r;
	struct event e;
	uint64_t last = 0, news = 0, sum = 0;
	int rc;

	ck_assert_int_eq(eventlog_reader_open(directory, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1) {
		judge_record(&e, last);
		last = e.sequence;
		whole_add(w, &e);
		if (e.snapshot)
			continue;
		news++;
		sum = event_hash(&e, sum);
	}
	if (rc)
		sim_violation("the log is damaged: %s", eventlog_reader_damage(r));
	if (news != fed()->fed || sum != fed()->fed_hash)
		sim_violation("%llu news were appended, %llu others are read",
			(unsigned long long)fed()->fed, (unsigned long long)news);
	eventlog_reader_close(r);
}

// --- a kill at some moment ---

static void segment_write(
	const char *directory, uint64_t first, const struct event *e, size_t count)
{
	static uint8_t bytes[EVENT_RECORD_MAX];
	char path[300], name[SEGMENT_NAME_MAX];

	segment_name(name, first);
	str_format(path, sizeof(path), "%s/%s", directory, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < count; i++) {
		size_t len = event_encode(bytes, &e[i]);
		ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	}
	fclose(f);
}

// The records of whole from its beginning to the cut, in their segments.
static void cut_segments(const struct whole *w, size_t cut, const char *directory)
{
	size_t from = 0;

	for (size_t i = 1; i <= cut; i++) {
		if (i < cut && w->events[i].type != EVENT_SNAPSHOT_BEGIN)
			continue;
		segment_write(directory, w->events[from].sequence, w->events + from, i - from);
		from = i;
	}
}

// The same without a snapshot: all news from the first on, and the time of the last sign of life.
static void cut_news(const struct whole *w, size_t cut, const char *directory)
{
	struct event *news = calloc(cut + 1, sizeof(*news));
	size_t count = 0;

	for (size_t i = 0; i < cut; i++)
		if (!w->events[i].snapshot)
			news[count++] = w->events[i];
	news[count] = w->events[cut - 1];
	news[count].type = EVENT_CONFIG_LOADED;
	for (size_t i = 0; i <= count; i++) {
		news[i].sequence = i + 1;
		news[i].snapshot = false;
	}
	segment_write(directory, 1, news, count + 1);
	free(news);
}

// --- what a start would find ---

// What CALL_STARTED alone has is no part of a call's record; "where" is as near as the news tell.
static const char *const not_compared[] = {
	"source", "transport", "by_agent", "caller_name", "where", NULL};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *call_text(const struct rebuild_call *c)
{
	char id[CALLID_TEXT_MAX], *text, *out;
	json_t *body = json_loads(c->record, 0, NULL);

	for (unsigned i = 0; not_compared[i]; i++)
		json_object_del(body, not_compared[i]);
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_int_gt(
		asprintf(&out, "call %s %s %s", callid_text(&c->call, id), c->tenant, text), 0);
	free(text);
	json_decref(body);
	return out;
}

// One line for each thing alive, sorted.
static char *alive_text(const char *directory)
{
	struct rebuild r;
	char **lines, *text;
	size_t count = 0, len = 1;
	struct str_buf b;

	ck_assert_int_eq(rebuild_load(directory, 0, &r), 0);
	ck_assert_uint_eq(r.damaged, 0);
	lines = calloc(r.call_count + r.recording_count + r.agent_count + 1, sizeof(*lines));
	for (size_t i = 0; i < r.call_count; i++)
		lines[count++] = call_text(&r.calls[i]);
	for (size_t i = 0; i < r.recording_count; i++)
		ck_assert_int_gt(asprintf(&lines[count++], "recording %s %s", r.recordings[i].id,
					 r.recordings[i].file),
			0);
	for (size_t i = 0; i < r.agent_count; i++)
		if (strcmp(r.agents[i].state, "signed-out") != 0)
			ck_assert_int_gt(
				asprintf(&lines[count++], "agent %s %s %s %d %llu %s",
					r.agents[i].agent, r.agents[i].state, r.agents[i].why,
					r.agents[i].ready, (unsigned long long)r.agents[i].until_ns,
					r.agents[i].pause),
				0);
	rebuild_free(&r);
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		len += strlen(lines[i]) + 1;
	text = calloc(1, len);
	str_buf_init(&b, text, len);
	for (size_t i = 0; i < count; i++) {
		str_buf_add(&b, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	return text;
}

static char *alive_at(const struct whole *w, size_t cut, const char *directory,
	void (*write)(const struct whole *w, size_t cut, const char *directory))
{
	char command[600];

	ck_assert_int_eq(mkdir(directory, 0700), 0);
	write(w, cut, directory);
	char *text = alive_text(directory);
	str_format(command, sizeof(command), "rm -r %s", directory);
	ck_assert_int_eq(system(command), 0);
	return text;
}

// Each line of text that other has not.
static void tell_missing(size_t cut, const char *text, const char *of, const char *other)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len + 1);

		if (!strstr(other, line))
			sim_violation("killed behind record %zu, by %s alone: %s", cut, of, line);
		free(line);
		text += len + 1;
	}
}

static void judge_cut(const struct whole *w, size_t cut, const char *directory)
{
	char path[300];

	str_format(path, sizeof(path), "%s/cut", directory);
	char *by_snapshot = alive_at(w, cut, path, cut_segments);
	char *by_news = alive_at(w, cut, path, cut_news);
	tell_missing(cut, by_snapshot, "the snapshot", by_news);
	tell_missing(cut, by_news, "the news", by_snapshot);
	free(by_snapshot);
	free(by_news);
}

void sim_log_end(void)
{
	free(fed());
	sim_parts()->fed = NULL;
}

void sim_log_judge(const char *directory, uint64_t seed)
{
	struct whole w = {0};
	struct rng rng;

	rng_seed(&rng, seed);
	whole_read(directory, &w);
	judge_ends(&w);
	for (unsigned i = 0; i < CUTS && w.count > 1; i++)
		judge_cut(&w, 1 + rng_below(&rng, w.count), directory);
	whole_free(&w);
}
