// A day of a hotline in its log and its store, with a kill in the middle that leaves a record half
// written, and the figures that the store has of it: figures_day FOLDER BEGINS SECONDS CALLS SEED.
// The clock is the test's own; the zone is that of the environment. Each answer is a line of JSON:
// by, every, and the row. At many moments of the day a line `live` tells the window of those behind
// it; at the end the same windows are asked for as history.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/rebuild/rebuild.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "tests/unit/control/figures/half_written.h"
#include "tests/unit/control/store/store_node.h"

#define AGENTS_MAX 96 // whose rows of a day by 30 minutes, of two tenants, one answer holds
#define BODY	   768
#define DOWN_S	   95 // after the kill
#define KILL_PART  0.46
#define MOVE_PART  0.7 // of what comes before the kill, and of what comes after it
#define MOMENTS	   24  // at which it is looked at live

static const char *const queues[] = {"sales", "service", "night"};
static const char *const tenants[] = {"acme", "bolt"};

static const char *const leaving[] = {"abandoned", "timeout", "full"};

static const enum figures_by live_by[] = {FIGURES_BY_QUEUE, FIGURES_BY_AGENT, FIGURES_BY_NODE};

struct moments { // of both processes
	unsigned count;
	uint64_t since_ns[MOMENTS], until_ns[MOMENTS];
};

struct happening {
	uint64_t at_ns, order;
	enum event_type type;
	struct callid call; // counter 0: none
	const char *tenant;
	char body[BODY];
	unsigned agent; // whose state it is
	const char *state, *works;
};

static struct day {
	struct node node;
	struct rng rng;
	uint64_t now_ns; // of the log's clock
	unsigned agents;
	struct happening *list;
	size_t count, size;
	uint64_t free_ns[AGENTS_MAX];
	const char *state[AGENTS_MAX], *works[AGENTS_MAX]; // as told
	uint64_t moves_ns; // a reload puts some agents into other teams
	unsigned moves;	   // so far, when that is over
	struct moments *looked;
} day;

static void on_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = *mono_ns = day.now_ns;
}

static uint64_t some(uint64_t from, uint64_t to)
{
	return from + rng_u64(&day.rng) % (to - from + 1);
}

__attribute__((format(printf, 5, 6))) static void happens(uint64_t at_ns, enum event_type type,
	uint64_t call, const char *tenant, const char *fmt, ...)
{
	va_list args;

	if (day.count == day.size) {
		day.size = day.size ? 2 * day.size : 4096;
		day.list = realloc(day.list, day.size * sizeof(*day.list));
		if (!day.list)
			abort();
	}
	struct happening *h = &day.list[day.count];
	*h = (struct happening){
		.at_ns = at_ns, .order = day.count++, .type = type, .tenant = tenant};
	if (call)
		h->call = (struct callid){.node = 1, .counter = call, .start = at_ns};
	va_start(args, fmt);
	vsnprintf(h->body, sizeof(h->body), fmt, args);
	va_end(args);
}

// Where the agent belongs: both tenants have the same names for it. Of three agents two are moved.
static const char *unit_text(unsigned agent, uint64_t at_ns)
{
	static char text[128];
	unsigned moves = day.moves + (at_ns >= day.moves_ns);
	unsigned team = (agent / 2 + (agent % 3 ? moves : 0)) % 4;
	str_format(text, sizeof(text),
		"\"site\":\"%s\",\"shift\":\"s%u\",\"team\":\"t%u\",\"group\":\"g%u\"",
		team < 2 ? "north" : "south", team / 2, team, (agent + moves) % 3);
	return text;
}

// of: from, to, and the queue that it works for.
static void state_text(char out[BODY], unsigned agent, uint64_t at_ns, const char *of[3])
{
	str_format(out, BODY,
		"{\"agent\":\"a%u\",\"from\":\"%s\",\"to\":\"%s\",\"why\":\"set\",\"queue\":\"%s\","
		"\"ready\":true,%s%s}",
		agent, of[0], of[1], of[2], unit_text(agent, at_ns),
		agent % 4 == 0		 ? ",\"region\":\"east\""
			: agent % 4 == 1 ? ",\"region\":\"west\""
					 : "");
}

// queue: "": of none.
static void becomes(
	unsigned agent, uint64_t at_ns, const char *from, const char *to, const char *queue)
{
	char text[BODY];

	state_text(text, agent, at_ns, (const char *[]){from, to, queue});
	happens(at_ns, EVENT_AGENT_STATE, 0, tenants[agent % 2], "%s", text);
	day.list[day.count - 1].agent = agent;
	day.list[day.count - 1].state = to;
	day.list[day.count - 1].works = queue;
}

// What the floor tells when a reload moves agents: of those who are there.
static void agents_move(void)
{
	char text[BODY];

	day.now_ns = day.moves_ns;
	for (unsigned i = 0; i < day.agents; i++) {
		const char *is = day.state[i];

		if (!is || str_equal(is, "signed-out"))
			continue;
		state_text(text, i, day.moves_ns, (const char *[]){is, is, day.works[i]});
		eventlog_append(day.node.log, EVENT_AGENT_STATE, tenants[i % 2], NULL, text);
	}
}

struct one {
	uint64_t number, begins, joins, leaves, connects, ends;
	const char *tenant, *queue, *why;
	unsigned agent, caller;
};

// Some withhold their number: as many strangers with one word in its place.
static const char *caller_text(const struct one *o)
{
	static char text[16];
	if (o->caller % 4 == 0)
		return "anonymous";
	str_format(text, sizeof(text), "+49%u", o->caller);
	return text;
}

// One of our numbers says, else who calls.
static const char *region_text(const struct one *o)
{
	return o->caller % 3 == 0    ? ",\"region\":\"east\""
		: o->caller % 5 == 0 ? ",\"region\":\"south\""
		: o->caller % 4 == 0 ? ",\"region\":\"\""
				     : "";
}

static void segment(const struct one *o, bool talk, const char *why)
{
	char agent[16] = "", hold[80] = "", unit[160] = "";

	if (talk) {
		uint64_t talked_ms = (o->ends - o->connects) / NS_PER_MS;

		str_format(agent, sizeof(agent), "a%u", o->agent);
		str_format(hold, sizeof(hold), ",\"hold_ms\":%llu,\"caller_hold_ms\":%llu",
			(unsigned long long)some(0, talked_ms / 3),
			(unsigned long long)some(0, talked_ms / 9));
	}
	if (o->connects)
		str_format(unit, sizeof(unit), ",%s", unit_text(o->agent, o->connects));
	happens(talk ? o->ends : o->leaves, EVENT_CALL_SEGMENT, o->number, o->tenant,
		"{\"queue\":\"%s\",\"agent\":\"%s\",\"called\":\"40%u\",\"started\":%llu,"
		"\"ended\":%llu,\"why\":\"%s\"%s%s%s}",
		o->queue, agent, o->caller % 3, (unsigned long long)(talk ? o->connects : o->joins),
		(unsigned long long)(talk ? o->ends : o->leaves), why, hold, unit, region_text(o));
}

static void call_tells(const struct one *o)
{
	char unit[160] = "";

	if (o->connects)
		str_format(unit, sizeof(unit), ",%s", unit_text(o->agent, o->connects));
	happens(o->begins, EVENT_CALL_STARTED, o->number, o->tenant,
		"{\"started\":%llu,\"caller\":\"%s\",\"called\":\"40%u\",\"direction\":\"in\"%s}",
		(unsigned long long)o->begins, caller_text(o), o->caller % 3, region_text(o));
	happens(o->joins, EVENT_CALL_QUEUED, o->number, o->tenant, "{\"queue\":\"%s\"}", o->queue);
	happens(o->leaves, EVENT_CALL_DEQUEUED, o->number, o->tenant,
		"{\"queue\":\"%s\",\"why\":\"%s\",\"waited_ms\":%llu%s}", o->queue, o->why,
		(unsigned long long)((o->leaves - o->joins) / NS_PER_MS), unit);
	segment(o, false, o->why);
	if (o->connects) {
		happens(o->connects, EVENT_CALL_CONNECTED, o->number, o->tenant,
			"{\"queue\":\"%s\",\"agent\":\"a%u\"%s}", o->queue, o->agent, unit);
		segment(o, true, "caller-hangup");
	}
	happens(o->ends, EVENT_CALL_ENDED, o->number, o->tenant,
		"{\"started\":%llu,\"ended\":%llu,\"connected\":%llu,\"why\":\"caller-hangup\","
		"\"status\":%d,\"caller\":\"%s\",\"called\":\"40%u\",\"direction\":\"in\","
		"\"queue\":\"%s\"%s}",
		(unsigned long long)o->begins, (unsigned long long)o->ends,
		(unsigned long long)o->connects, o->connects ? 200 : 487, caller_text(o),
		o->caller % 3, o->queue, region_text(o));
}

static void call_comes(uint64_t number, uint64_t at_ns)
{
	struct one o = {.number = number, .begins = at_ns, .caller = (unsigned)some(1, 300)};
	uint64_t patience = some(0, 240 * NS_PER_S), ring = some(0, 9 * NS_PER_S);
	unsigned best = 0;

	o.tenant = tenants[number % 2];
	o.queue = queues[o.caller % 3];
	if (o.caller % 17 == 0) {
		happens(at_ns, EVENT_CALL_REFUSED, number, o.tenant,
			"{\"started\":%llu,\"ended\":%llu,\"status\":%u,\"why\":\"busy\","
			"\"caller\":\"%s\",\"called\":\"40%u\",\"direction\":\"in\",\"count\":%"
			"u%s}",
			(unsigned long long)at_ns, (unsigned long long)at_ns,
			o.caller % 2 ? 486 : 404, caller_text(&o), o.caller % 3, 1 + o.caller % 4,
			region_text(&o));
		return;
	}
	for (unsigned i = 1; i < day.agents; i++)
		if (day.free_ns[i] < day.free_ns[best])
			best = i;
	o.joins = at_ns + some(1, 3 * NS_PER_S);
	uint64_t rings = day.free_ns[best] > o.joins ? day.free_ns[best] : o.joins;
	o.leaves = rings + ring;
	o.agent = best;
	o.why = "connected";
	if (rings > o.joins + patience) {
		o.leaves = o.joins + patience;
		unsigned left = number % 12 < 3 ? number % 12 : 0;

		// Who hung up has ended; the others go on with the flow.
		o.why = leaving[left];
		o.ends = o.leaves + (left ? some(0, 600 * NS_PER_S) : 0);
		call_tells(&o);
		return;
	}
	o.connects = o.leaves;
	o.ends = o.connects + some(1, 200 * NS_PER_S);
	day.free_ns[best] = o.ends + some(1, 30 * NS_PER_S);
	becomes(best, rings, "ready", "offered", o.queue);
	becomes(best, o.connects, "offered", "talking", o.queue);
	becomes(best, o.ends, "talking", "wrap-up", o.queue);
	becomes(best, day.free_ns[best], "wrap-up", "ready", "");
	call_tells(&o);
}

static int by_time(const void *a, const void *b)
{
	const struct happening *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void node_begins(void)
{
	const struct eventlog_options options = {
		.directory = day.node.dir, .clock = on_clock, .segment_bytes = 1 << 20};
	struct eventlog_report report;
	char error[512];

	if (eventlog_open(&options, &day.node.log, &report))
		abort();
	const struct store_options store = {
		.directory = day.node.dir, .log_end = report.last_sequence};
	if (store_start(&store, &day.node.store, error))
		abort();
	store_set_passed(day.node.store, node_passed, day.node.log);
	store_written(day.node.store, eventlog_written(day.node.log));
}

static uint64_t appended(void)
{
	struct eventlog_status status;

	eventlog_status(day.node.log, &status);
	return status.appended;
}

static void node_wait_written(void)
{
	uint64_t all = appended();

	struct store_status status;

	while (eventlog_written(day.node.log) < all)
		node_poll(&day.node, 100);
	store_status(day.node.store, &status);
	if (status.passed < all)
		node_wait_passed(&day.node, all);
}

struct asked {
	const char *by, *every;
	bool over;
};

static void on_row(const char *json, void *arg)
{
	const struct asked *a = arg;

	printf("{\"by\":\"%s\",\"every\":\"%s\",\"row\":%s}\n", a->by, a->every, json);
}

static void on_end(int error, void *arg)
{
	if (error)
		fprintf(stderr, "error %d\n", error);
	((struct asked *)arg)->over = true;
}

static void ask(enum figures_by by, const char *every, uint64_t since_ns, uint64_t until_ns)
{
	struct asked a = {.by = figures_by_name(by), .every = every};
	const struct store_answer answer = {.row = on_row, .end = on_end, .arg = &a};
	struct store_stats s = {
		.by = by, .since_ns = since_ns, .until_ns = until_ns, .within_s = FIGURES_WITHIN};

	if (!figures_every_parse(every, &s.every) ||
		store_query_stats(day.node.store, &s, &answer) != 0)
		abort();
	while (!a.over)
		node_poll(&day.node, 1000);
}

// Of all that the log has had by now, whose last sequence is told.
static void ask_window(const char *as, uint64_t since_ns, uint64_t until_ns)
{
	struct store_status status;

	store_status(day.node.store, &status);
	printf("{\"%s\":[%llu,%llu,%llu]}\n", as, (unsigned long long)since_ns,
		(unsigned long long)until_ns, (unsigned long long)status.passed);
	for (unsigned i = 0; i < sizeof(live_by) / sizeof(live_by[0]); i++)
		ask(live_by[i], "whole", since_ns, until_ns);
	fflush(stdout); // a kill takes nothing that was told
}

static void look_live(void)
{
	static const enum figures_every widths[] = {FIGURES_5_MIN, FIGURES_15_MIN, FIGURES_30_MIN};
	struct moments *m = day.looked;

	if (m->count == MOMENTS)
		return;
	node_wait_written();
	m->until_ns[m->count] = day.now_ns;
	m->since_ns[m->count] = day.now_ns - figures_every_ns(widths[m->count % 3]);
	ask_window("live", m->since_ns[m->count], day.now_ns);
	m->count++;
}

static void told(const struct happening *h, unsigned place)
{
	day.now_ns = h->at_ns;
	if (h->state) {
		day.state[h->agent] = h->state;
		day.works[h->agent] = h->works;
	}
	eventlog_append(
		day.node.log, h->type, h->tenant, h->call.counter ? &h->call : NULL, h->body);
	if (place % 64 == 0)
		node_poll(&day.node, 0);
}

// Calls that come from the one moment to the other, and what happens before the last.
static void shift(uint64_t from_ns, uint64_t to_ns, uint64_t until_ns, uint64_t calls, uint64_t id)
{
	uint64_t at = from_ns;
	uint64_t mean = (to_ns - from_ns) / calls;

	day.count = 0;
	day.moves_ns = from_ns + (uint64_t)((double)(to_ns - from_ns) * MOVE_PART);
	for (unsigned i = 0; i < day.agents; i++) {
		day.free_ns[i] = from_ns + some(0, 1800 * NS_PER_S);
		becomes(i, day.free_ns[i], "signed-out", "ready", "");
	}
	for (uint64_t i = 0; i < calls; i++) {
		at += some(1, 2 * mean);
		if (at < to_ns)
			call_comes(id + i, at);
	}
	// The same call has the same id in all that is told of it.
	qsort(day.list, day.count, sizeof(*day.list), by_time);
	bool moved = false;
	for (size_t i = 0; i < day.count && day.list[i].at_ns < until_ns; i++) {
		if (!moved && day.list[i].at_ns >= day.moves_ns)
			agents_move();
		moved |= day.list[i].at_ns >= day.moves_ns;
		day.list[i].call.start = from_ns;
		told(&day.list[i], (unsigned)i);
		// The last ones are not waited for: a kill finds the store within its way.
		if (i % (day.count * 2 / MOMENTS + 1) == day.count / MOMENTS)
			look_live();
	}
}

static void after_the_kill(void)
{
	struct rebuild r;

	if (rebuild_load(day.node.dir, day.now_ns, &r))
		abort();
	node_begins();
	eventlog_append(day.node.log, EVENT_NODE_STARTED, "", NULL, "{\"previous\":\"killed\"}");
	for (size_t i = 0; i < r.call_count; i++) {
		const struct rebuild_call *c = &r.calls[i];

		if (c->segment)
			eventlog_append(
				day.node.log, EVENT_CALL_SEGMENT, c->tenant, &c->call, c->segment);
		eventlog_append(day.node.log, EVENT_CALL_ENDED, c->tenant, &c->call, c->record);
	}
	fprintf(stderr, "open at the kill: %zu\n", r.call_count);
	rebuild_free(&r);
}

static void answers(uint64_t begins, uint64_t length)
{
	for (unsigned by = 0; by < FIGURES_BYS; by++) {
		ask(by, "day", begins, begins + length);
		ask(by, "30m", begins, begins + length);
	}
	ask(FIGURES_BY_QUEUE, "15m", begins + length / 3, begins + length / 2);
	ask(FIGURES_BY_AGENT, "5m", begins + length / 3, begins + length / 2);
	for (unsigned i = 0; i < day.looked->count; i++)
		ask_window("history", day.looked->since_ns[i], day.looked->until_ns[i]);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 2;
	str_copy(day.node.dir, sizeof(day.node.dir), argv[1]);
	uint64_t begins = strtoull(argv[2], NULL, 10) * NS_PER_S;
	uint64_t length = strtoull(argv[3], NULL, 10) * NS_PER_S;
	uint64_t calls = strtoull(argv[4], NULL, 10), seed = strtoull(argv[5], NULL, 10);
	day.agents = 2 + (unsigned)(calls / 700); // some callers must wait
	if (day.agents > AGENTS_MAX)
		day.agents = AGENTS_MAX;
	uint64_t killed = begins + (uint64_t)((double)length * KILL_PART);

	day.looked = mmap(NULL, sizeof(*day.looked), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (day.looked == MAP_FAILED)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		rng_seed(&day.rng, seed);
		node_begins();
		shift(begins, killed + 1, killed, calls / 2, 1);
		raise(SIGKILL);
	}
	int status;
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		return 1;
	rng_seed(&day.rng, seed + 1);
	day.now_ns = killed + DOWN_S * NS_PER_S;
	log_half_written(day.node.dir);
	day.moves = 1; // that one is over
	after_the_kill();
	shift(day.now_ns, begins + length, UINT64_MAX, calls / 2, 1 + calls);
	node_wait_written();
	answers(begins, length);
	node_stop(&day.node);
	free(day.list);
	return 0;
}
