// The event log's snapshot while everything changes: calls come, talk and go, recordings begin and
// end, phones register, refresh and expire, agents change their minds, between any two pieces of
// it. Killed behind each piece, and behind each record within one, the node would find what was
// alive at that moment, field by field.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/body.h"
#include "control/call/record.h"
#include "control/eventlog/eventlog.h"
#include "control/node/registrations.h"
#include "control/rebuild/rebuild.h"
#include "control/sip/ua.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/flow/cut.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': {flow: ask, record: yes}, '2': wait, '3': meet}\n"
	"  prompts: {p: p.wav}\n"
	"  flows:\n"
	"    ask: {a: {menu: p, digits: {1: b}, timeout: 20s, tries: 9}, b: {queue: kept, then: "
	"a}}\n"
	"    wait: {a: {queue: kept}}\n"
	"    meet: {a: {conference: room}}\n"
	"  conferences: {room: {}}\n"
	"  queues: {kept: {agents: [alice, bob, carol], record: yes, wrap_up: 5s,\n"
	"                  reject_pause: 8s, ring_timeout: 10s}}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, carol: {password: c}}\n";

static const char *const agents[] = {"alice", "bob", "carol"};

#define CALLERS	  4
#define MOMENTS	  240
#define TEXT_MAX  16384
#define LINES_MAX 64

// --- what is alive ---

struct alive {
	char *lines[LINES_MAX];
	unsigned count;
};

static void line_add(struct alive *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line_add(struct alive *a, const char *fmt, ...)
{
	va_list args;

	ck_assert_uint_lt(a->count, LINES_MAX);
	va_start(args, fmt);
	ck_assert_int_gt(vasprintf(&a->lines[a->count++], fmt, args), 0);
	va_end(args);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// One text of it; the lines are gone.
static char *alive_end(struct alive *a)
{
	size_t len = 1;
	struct str_buf b;

	qsort(a->lines, a->count, sizeof(a->lines[0]), by_text);
	for (unsigned i = 0; i < a->count; i++)
		len += strlen(a->lines[i]) + 1;
	char *text = calloc(1, len);
	str_buf_init(&b, text, len);
	for (unsigned i = 0; i < a->count; i++) {
		str_buf_add(&b, "%s\n", a->lines[i]);
		free(a->lines[i]);
	}
	return text;
}

// A call's record but for what only its end knows, and what CALL_STARTED alone has.
static void call_line(
	struct alive *a, const char *id, const char *tenant, const char *record, bool waits)
{
	static const char *const not_compared[] = {"ended", "total_ms", "why", "by", "status",
		"talked_ms", "where", "source", "transport", "by_agent", NULL};
	json_t *body = json_loads(record, 0, NULL);

	ck_assert(json_is_object(body));
	for (unsigned i = 0; not_compared[i]; i++)
		json_object_del(body, not_compared[i]);
	if (waits) // goes on until the kill
		json_object_del(body, "waited_ms");
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	line_add(a, "call %s %s %s", id, tenant, text);
	free(text);
	json_decref(body);
}

static void call_lives(const struct call_info *i, void *arg)
{
	struct body body;
	char id[CALLID_TEXT_MAX];

	if (i->state == CALL_ENDED)
		return;
	body_begin(&body);
	call_record_members(i->record, false, &body);
	call_line(
		arg, callid_text(&i->id, id), i->tenant, body_end(&body), i->state == CALL_WAITING);
}

static void agent_lives(const struct floor_agent_info *i, void *arg)
{
	if (i->state != AGENT_SIGNED_OUT || *i->pause)
		line_add(arg, "agent %s %s %d %s", i->name, agent_state_name(i->state), i->ready,
			i->pause);
}

static unsigned nth; // of an agent's phones

static void phone_lives(const struct ua_registration *r, void *arg)
{
	line_add(arg, "phone %s %u %s %s %u %llu", r->agent, nth++, r->contact, r->call_id, r->cseq,
		(unsigned long long)r->expires_wall_ns);
}

static struct {
	char ids[LINES_MAX][64]; // of recordings that have begun, and whose end was not told
	unsigned count, begun;
} open_recordings;

static char *living(void)
{
	struct alive a = {0};

	call_each(sim_calls(), call_lives, &a);
	floor_agents(calls_floor(sim_calls()), agent_lives, &a);
	for (unsigned i = 0; i < 3; i++) {
		nth = 0;
		ua_registrations_of(far_ua(), agents[i], phone_lives, &a);
	}
	for (unsigned i = 0; i < open_recordings.count; i++)
		line_add(&a, "recording %s", open_recordings.ids[i]);
	return alive_end(&a);
}

static bool waits(const struct callid *id, const char *waiting)
{
	char text[CALLID_TEXT_MAX];

	return strstr(waiting, callid_text(id, text)) != NULL;
}

// waiting: the numbers of calls that wait.
static char *rebuilt(const char *folder, const char *waiting)
{
	struct alive a = {0};
	struct rebuild r;
	char id[CALLID_TEXT_MAX];

	ck_assert_int_eq(rebuild_load(folder, 0, &r), 0);
	ck_assert_uint_eq(r.damaged, 0);
	for (size_t i = 0; i < r.call_count; i++)
		call_line(&a, callid_text(&r.calls[i].call, id), r.calls[i].tenant,
			r.calls[i].record, waits(&r.calls[i].call, waiting));
	for (size_t i = 0; i < r.agent_count; i++)
		if (strcmp(r.agents[i].state, "signed-out") != 0 || *r.agents[i].pause)
			line_add(&a, "agent %s %s %d %s", r.agents[i].agent, r.agents[i].state,
				r.agents[i].ready, r.agents[i].pause);
	for (unsigned k = 0; k < 3; k++) {
		nth = 0;
		for (size_t i = 0; i < r.registration_count; i++) {
			const struct rebuild_registration *g = &r.registrations[i];
			if (str_equal(g->agent, agents[k]))
				line_add(&a, "phone %s %u %s %s %u %llu", g->agent, nth++,
					g->contact, g->call_id, g->cseq,
					(unsigned long long)g->expires_ns);
		}
	}
	for (size_t i = 0; i < r.recording_count; i++)
		line_add(&a, "recording %s", r.recordings[i].id);
	rebuild_free(&r);
	return alive_end(&a);
}

// --- the log, as it is written ---

struct noted { // up to the record of this sequence, this was alive
	uint64_t sequence;
	char *text, *waiting;
	bool piece; // the records since the one before are a piece of a snapshot
};

static struct {
	struct noted list[4 * MOMENTS];
	unsigned count, pieces;
} noted;

static void on_event(const struct event *e, void *arg)
{
	json_t *body = json_loads(e->body, 0, NULL);
	const char *id = json_string_value(json_object_get(body, "id"));

	if (e->type == EVENT_RECORDING_STARTED) {
		ck_assert_uint_lt(open_recordings.count, LINES_MAX);
		str_copy(open_recordings.ids[open_recordings.count++], 64, id);
		open_recordings.begun++;
	}
	if (e->type == EVENT_RECORDING_ENDED || e->type == EVENT_RECORDING_FAILED)
		for (unsigned i = 0; i < open_recordings.count; i++)
			if (str_equal(open_recordings.ids[i], id))
				str_copy(open_recordings.ids[i], 64,
					open_recordings.ids[--open_recordings.count]);
	json_decref(body);
}

static void waiting_add(const struct call_info *i, void *arg)
{
	char id[CALLID_TEXT_MAX];

	if (i->state == CALL_WAITING)
		str_buf_add(arg, "%s ", callid_text(&i->id, id));
}

static void note(bool piece)
{
	struct eventlog_status s;
	char waiting[1024] = "";
	struct str_buf b;

	eventlog_status(sim_log(), &s);
	ck_assert_uint_lt(noted.count, 4 * MOMENTS);
	str_buf_init(&b, waiting, sizeof(waiting));
	call_each(sim_calls(), waiting_add, &b);
	noted.list[noted.count++] = (struct noted){s.appended, living(), strdup(waiting), piece};
	noted.pieces += piece;
}

// As in the daemon (control/node), but for trunks.
static bool restate(struct eventlog *log, struct eventlog_place *place, void *arg)
{
	if (place->part < CALLS_SNAPSHOT_PARTS) {
		calls_snapshot(sim_calls(), log, place);
		return true;
	}
	return registrations_snapshot(far_ua(), log, calls_floor(sim_calls()), &place->at);
}

// What the disk has done, and one piece, if one is due.
static void log_turn(void)
{
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	struct eventlog_status before, after;

	if (poll(&p, 1, 0) != 1)
		return;
	eventlog_status(sim_log(), &before);
	eventlog_poll(sim_log());
	eventlog_status(sim_log(), &after);
	if (after.appended > before.appended)
		note(true);
}

static void on_binding(const struct ua_registration *r, const char *gone, void *arg)
{
	registrations_binding(r, gone, sim_log());
}

// --- the kill ---

static void judge_cut(const struct cut *w, size_t count, const struct noted *n)
{
	char folder[64];

	cut_write(w, count, folder_new(folder));
	char *text = rebuilt(folder, n->waiting);
	ck_assert_msg(str_equal(text, n->text),
		"killed behind record %zu%s, alive were\n%srebuilt\n%s", count,
		w->records[count - 1].snapshot ? " of a snapshot" : "", n->text, text);
	free(text);
	folder_remove(folder);
}

// The first record behind which that was alive: what came of a write before the piece is news.
static uint64_t first_of(const struct cut *w, unsigned i)
{
	uint64_t from = noted.list[i].sequence;

	if (!noted.list[i].piece) // none: nothing has been told since
		return from == noted.list[i - 1].sequence ? from + 1 : from;
	while (from > noted.list[i - 1].sequence + 1 && w->records[from - 1].snapshot)
		from--;
	return from;
}

// Behind the last record of each moment, and behind each record of each piece.
static unsigned judge(const char *folder)
{
	struct cut w;
	unsigned cuts = 0;

	cut_read(folder, &w);
	for (unsigned i = 1; i < noted.count; i++) {
		const struct noted *n = &noted.list[i];
		for (uint64_t cut = first_of(&w, i); cut <= n->sequence; cut++, cuts++)
			judge_cut(&w, (size_t)cut, n);
	}
	cut_free(&w);
	return cuts;
}

// --- what happens ---

static struct sim_caller *callers[CALLERS];

static void caller_does(struct rng *rng)
{
	struct sim_caller **c = &callers[rng_below(rng, CALLERS)];
	char from[16];

	if (*c == NULL || !caller_alive(*c)) {
		str_format(from, sizeof(from), "c%u", rng_below(rng, 1000));
		*c = dial(from, (const char *const[]){"1", "2", "3"}[rng_below(rng, 3)]);
		return;
	}
	switch (rng_below(rng, 6)) {
	case 0:
		caller_hangs_up(*c);
		break;
	case 1:
		caller_holds(*c, rng_below(rng, 2));
		break;
	default:
		caller_presses(*c, rng_below(rng, 2) ? "1" : "7");
	}
}

static void agent_does(struct rng *rng)
{
	const char *agent = agents[rng_below(rng, 3)];
	struct floor *floor = calls_floor(sim_calls());

	switch (rng_below(rng, 7)) {
	case 0:
		phone_binds(agent, 1 + rng_below(rng, 3), 4 + rng_below(rng, 60));
		break;
	case 1:
		phone_binds(agent, 1 + rng_below(rng, 3), 0);
		break;
	case 2:
		floor_agent_away(floor, agent, rng_below(rng, 2) ? "lunch" : "");
		break;
	case 3:
		floor_agent_set(floor, agent, true);
		break;
	case 4:
		phone_pick_up(agent);
		break;
	case 5:
		if (phone_busy(agent))
			phone_hang_up(agent);
		break;
	default:
		phone_binds(agent, 1, 1000);
	}
}

// The results of all that are closed.
static void recordings_settle(void)
{
	struct calls_counts counts;

	calls_counts(sim_calls(), &counts);
	ck_assert(sim_recordings_wait(open_recordings.begun - counts.recording));
}

static void live(uint64_t seed, unsigned piece)
{
	char folder[64];
	struct rng rng;

	memset(&noted, 0, sizeof(noted));
	memset(callers, 0, sizeof(callers));
	open_recordings.count = open_recordings.begun = 0;
	rng_seed(&rng, seed);
	sim_begin(&(struct sim_setup){.yaml = yaml,
		.record = true,
		.lax_order = true,
		.seed = seed,
		.log_folder = folder_new(folder)});
	eventlog_configure(sim_log(),
		&(struct eventlog_options){
			.segment_bytes = EVENTLOG_SEGMENT_MIN, .piece_records = piece});
	sim_also_tells(on_event, NULL);
	sim_bindings_tell(on_binding, NULL);
	eventlog_set_snapshot(sim_log(), restate, NULL);
	for (unsigned i = 0; i < 3; i++)
		phone_answers(agents[i], 300);
	for (unsigned i = 0; i < MOMENTS; i++) {
		if (rng_below(&rng, 2))
			caller_does(&rng);
		else
			agent_does(&rng);
		sim_run(rng_below(&rng, 400));
		if (i % 16 == 0)
			recordings_settle();
		note(false);
		for (unsigned turns = 1 + rng_below(&rng, 3); turns > 0; turns--)
			log_turn();
	}
	sim_stop();
	recordings_settle();
	ck_assert_uint_eq(open_recordings.count, 0);
	sim_end();
	ck_assert_uint_gt(noted.pieces, 10);
	unsigned cuts = judge(folder);
	ck_assert_uint_gt(cuts, MOMENTS / 2);
	for (unsigned i = 0; i < noted.count; i++) {
		free(noted.list[i].text);
		free(noted.list[i].waiting);
	}
	folder_remove(folder);
}

START_TEST(killed_in_pieces_of_one_record)
{
	live(1001, 1);
}
END_TEST

START_TEST(killed_in_pieces_of_two_records)
{
	live(1002, 2);
}
END_TEST

START_TEST(killed_in_pieces_of_five_records)
{
	live(1003, 5);
}
END_TEST

UNIT_MAIN("snapshot", killed_in_pieces_of_one_record, killed_in_pieces_of_two_records,
	killed_in_pieces_of_five_records)
