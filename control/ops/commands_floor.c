// queues, agents, registrations and trunks.
#include <errno.h>
#include <string.h>

#include "control/config/config.h"
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/live/live.h"
#include "control/ops/asked.h"
#include "control/ops/names.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/queue/floor.h"
#include "control/sip/ua.h"
#include "engine/base/addr.h"
#include "engine/base/str.h"
#include "engine/base/utf8.h"

static struct floor *floor_of(const struct request *r)
{
	return calls_floor(request_env(r)->calls);
}

// What is a share or a mean of nothing is null.
static json_t *queue_row(const struct floor_queue_info *q)
{
	bool left = q->joined > q->waiting;
	return json_pack(
		"{s:s,s:o,s:s,s:i,s:o,s:i,s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:b}",
		"queue", q->name, "tenant", row_text(q->tenant), "policy", q->policy, "waiting",
		(int)q->waiting, "longest_wait_ms",
		q->waiting ? json_integer((json_int_t)q->longest_wait_ms) : json_null(), "agents",
		(int)q->agents, "ready", (int)q->ready, "talking", (int)q->talking, "joined",
		(json_int_t)q->joined, "offered", (json_int_t)q->offered, "answered_calls",
		(json_int_t)q->answered, "abandoned", (json_int_t)q->abandoned, "timed_out",
		(json_int_t)q->timed_out, "refused", (json_int_t)q->refused, "service_level_ms",
		row_count(q->service_level_s * 1000ull), "in_level_percent",
		left ? json_real(q->service_level_permille / 10.0) : json_null(), "waited_mean_ms",
		q->answered ? json_integer((json_int_t)(q->waited_ms / q->answered)) : json_null(),
		"since", row_time(q->since_wall_ns), "leaving", q->leaving);
}

static json_t *queue_figure(
	const struct request *r, const struct floor_queue_info *q, enum figure f)
{
	int64_t value;

	if (!live_figure(request_env(r)->live, q->tenant, q->name, f, &value))
		return json_null();
	return figures[f].unit == FIGURES_PERCENT ? json_real((double)value / 100)
						  : json_integer(value);
}

// With the figures of the last minutes.
static json_t *queue_live_row(const struct request *r, const struct floor_queue_info *q)
{
	json_t *row = queue_row(q);

	json_object_update_new(row,
		json_pack("{s:o,s:o,s:o}", "answer_rate_percent",
			queue_figure(r, q, FIGURE_answer_rate_percent), "service_level_percent",
			queue_figure(r, q, FIGURE_service_level_percent), "answer_speed_ms",
			queue_figure(r, q, FIGURE_answer_speed_ms)));
	return row;
}

// How it widens, and how it stands beside other queues of its agents.
static json_t *queue_details(const struct request *r, const struct floor_queue_info *q)
{
	json_t *rings = json_array(), *row = queue_live_row(r, q);
	for (unsigned i = 1; i <= q->rings; i++) {
		struct floor_ring_info g;
		floor_queue_ring(floor_of(r), q->id, i, &g);
		bool raises = g.priority < CONFIG_PRIORITY_MAX;
		json_array_append_new(rings,
			json_pack("{s:i,s:I,s:o,s:o,s:i}", "ring", (int)i, "after_ms",
				(json_int_t)g.after_ms, "skills",
				row_text(g.skills[0] ? g.skills : NULL), "priority",
				raises ? json_integer(g.priority) : json_null(), "agents",
				(int)g.agents));
	}
	const char *reserve = q->reserve_called ? "called" : "held";
	char why[FLOOR_RESERVE_TEXT_MAX];
	struct str_buf b;
	str_buf_init(&b, why, sizeof(why));
	floor_reserve_text(floor_of(r), q->id, &b);
	json_object_update_new(row,
		json_pack("{s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "weight", row_count(q->weight),
			"serve_within_ms", (json_int_t)q->due_ms * (q->weight ? q->weight : 1),
			"reserve", row_text(q->reserve ? reserve : NULL), "reserve_why",
			row_text(q->reserve ? why : NULL), "reserve_wait_ms",
			row_count(q->reserve_wait_ms), "reserve_from", row_count(q->reserve_from),
			"reserve_to", q->reserve_from ? json_integer(q->reserve_to) : json_null(),
			"rings", rings));
	return row;
}

static void queues_each(const struct floor_queue_info *q, void *arg)
{
	struct request *r = arg;
	const char *tenant = request_option(r, "tenant");
	if (tenant == NULL || strcmp(tenant, q->tenant) == 0)
		request_row(r, queue_live_row(r, q));
}

static bool queues_page(struct request *r)
{
	struct floor_place *at = r->place;
	at->most = REQUEST_PAGE;
	return floor_queues_page(floor_of(r), at, queues_each, r);
}

void command_run_QUEUES_LIST(struct request *r)
{
	if (request_names(r))
		request_pages(r, queues_page, sizeof(struct floor_place), NULL);
}

static void queue_caller(uint64_t key, void *arg)
{
	struct request *r = arg;
	char id[CALLID_TEXT_MAX];
	struct call_info i;
	if (!call_by_key(request_env(r)->calls, key, &i))
		return;
	json_t *row = json_pack("{s:i,s:s,s:o,s:s,s:I}", "position", (int)i.position, "call",
		callid_text(&i.id, id), "caller", row_text(i.caller), "state", i.where, "waited_ms",
		(json_int_t)i.waited_ms);
	json_object_update_new(row, row_wants(request_env(r)->calls, key));
	request_item(r, row);
}

static void queue_agent(const struct floor_agent_info *a, void *arg)
{
	request_item(arg,
		json_pack("{s:s,s:s,s:I,s:o,s:o}", "agent", a->name, "state",
			agent_state_name(a->state), "for_ms",
			(json_int_t)(timers_now_ms(request_env(arg)->timers) - a->since_ms), "ring",
			row_count(a->ring), "reserve", row_text(a->reserve ? "yes" : NULL)));
}

struct show_place {
	uint32_t queue;
	bool members; // all callers are told
	struct floor_place at;
};

static bool show_page(struct request *r)
{
	struct show_place *p = r->place;
	p->at.most = REQUEST_PAGE;
	if (p->members) {
		if (floor_members_page(floor_of(r), p->queue, &p->at, queue_agent, r))
			return true;
		request_close(r);
		return false;
	}
	if (floor_waiting_page(floor_of(r), p->queue, &p->at, queue_caller, r))
		return true;
	request_list(r, "members");
	p->members = true;
	p->at = (struct floor_place){0};
	return true;
}

void command_run_QUEUES_SHOW(struct request *r)
{
	struct floor_queue_info info;
	if (!request_queue(r, &info))
		return;
	struct show_place *p = request_pages(r, show_page, sizeof(*p), NULL);
	if (p == NULL)
		return;
	p->queue = info.id;
	request_open(r, queue_details(r, &info));
	request_list(r, "callers");
}

static json_t *agent_row(const struct request *r, const struct floor_agent_info *a)
{
	char id[CALLID_TEXT_MAX];
	struct call_info call;
	bool busy = a->call != 0 && call_by_key(request_env(r)->calls, a->call, &call);
	json_t *queues = json_array();
	char skills[FLOOR_SKILLS_TEXT_MAX];
	struct str_buf text;
	str_buf_init(&text, skills, sizeof(skills));
	floor_agent_skills_text(floor_of(r), a->id, &text);
	const struct floor_unit *u = a->unit;
	const char *name;
	for (unsigned i = 0; (name = floor_agent_queue(floor_of(r), a->id, &i)) != NULL;)
		json_array_append_new(queues, json_string(name));
	return json_pack(
		"{s:s,s:o,s:o,s:s,s:o,s:I,s:o,s:b,s:b,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:b,"
		"s:o,s:o,s:o,s:o,s:o}",
		"agent", a->name, "display", row_text(a->display), "tenant", row_text(a->tenant),
		"state", agent_state_name(a->state), "why", row_text(a->why), "for_ms",
		(json_int_t)(timers_now_ms(request_env(r)->timers) - a->since_ms), "left_ms",
		row_count(a->left_ms), "registered", a->registered, "wants_calls", a->ready, "call",
		busy ? json_string(callid_text(&call.id, id)) : json_null(), "queues", queues,
		"skills", row_text(skills[0] ? skills : NULL), "offered", (json_int_t)a->offered,
		"answered_calls", (json_int_t)a->answered, "missed", (json_int_t)a->missed,
		"talked_ms", (json_int_t)a->talked_ms, "since", row_time(a->since_wall_ns), "pause",
		row_text(a->pause), "pause_code", row_text(a->pause_code), "leaving", a->leaving,
		"site", row_text(u->site), "shift", row_text(u->shift), "team", row_text(u->team),
		"group", row_text(u->group), "region", row_text(u->region));
}

static void agents_each(const struct floor_agent_info *a, void *arg)
{
	struct request *r = arg;
	const char *tenant = request_option(r, "tenant");
	if (tenant == NULL || strcmp(tenant, a->tenant) == 0)
		request_row(r, agent_row(r, a));
}

static bool agents_page(struct request *r)
{
	struct floor_place *at = r->place;
	at->most = REQUEST_PAGE;
	return floor_agents_page(floor_of(r), at, agents_each, r);
}

void command_run_AGENTS_LIST(struct request *r)
{
	if (request_names(r))
		request_pages(r, agents_page, sizeof(struct floor_place), NULL);
}

static void no_agent(struct request *r)
{
	struct near n = {.wanted = r->args[0]};
	names_live(request_env(r), NAME_AGENT, &n);
	request_no(r, "agent", &n);
}

void command_run_AGENTS_SHOW(struct request *r)
{
	struct floor_agent_info info;
	if (!floor_agent_find(floor_of(r), r->args[0], &info)) {
		no_agent(r);
		return;
	}
	request_row(r, agent_row(r, &info));
	request_done(r);
}

// Free words, as people say them. False: the request was failed.
static bool pause_is_good(struct request *r, bool ready, const char *pause)
{
	char clean[FLOOR_PAUSE_MAX];
	if (pause == NULL)
		return true;
	utf8_clean(clean, sizeof(clean), pause, strlen(pause));
	if (ready)
		request_fail(r, EXIT_USAGE, "--reason is of an agent that is set away");
	else if (pause[0] == '\0' || strcmp(clean, pause) != 0)
		request_fail(r, EXIT_USAGE,
			"--reason: expected 1 to %d characters of text without blanks at its ends",
			FLOOR_PAUSE_MAX - 1);
	else
		return true;
	return false;
}

void command_run_AGENTS_SET(struct request *r)
{
	struct calls *calls = request_env(r)->calls;
	const char *pause = request_option(r, "reason"), *name = r->args[0];
	bool ready = strcmp(r->args[1], "ready") == 0;
	if (!ready && strcmp(r->args[1], "away") != 0) {
		request_fail(r, EXIT_USAGE, "expected ready or away, got %s", r->args[1]);
		return;
	}
	if (!pause_is_good(r, ready, pause))
		return;
	if ((ready ? calls_agent_set(calls, name, true) : calls_agent_away(calls, name, pause)))
		no_agent(r);
	else
		request_acted(r,
			"agent %s is set %s%s%s%s; during a call that takes effect at its end",
			name, r->args[1], pause ? " (" : "", pause ? pause : "", pause ? ")" : "");
}

// "lunch, training": those that the agent may be set away by.
struct codes {
	struct str_buf text;
	struct near near;
};

static void code_each(const char *code, void *arg)
{
	struct codes *c = arg;
	str_buf_add(&c->text, "%s%s", c->text.len ? ", " : "", code);
	near_try(&c->near, code);
}

// The tenant has no such code, or none was said.
static void no_pause(struct request *r, const char *code)
{
	char text[512];
	struct codes c = {.near = {.wanted = code ? code : ""}};
	str_buf_init(&c.text, text, sizeof(text));
	floor_agent_pauses(floor_of(r), r->args[0], code_each, &c);
	if (text[0] == '\0')
		request_fail(r, EXIT_MISSING,
			"the configuration has no pauses for agent %s: see tenants.NAME.pauses, or "
			"agents set %s away --reason",
			r->args[0], r->args[0]);
	else if (code == NULL)
		request_fail(r, EXIT_USAGE, "add --code with one of %s", text);
	else if (c.near.name[0] != '\0')
		request_fail(r, EXIT_MISSING, "no pause %s; did you mean %s? There are %s", code,
			c.near.name, text);
	else
		request_fail(r, EXIT_MISSING, "no pause %s: there are %s", code, text);
}

void command_run_AGENTS_PAUSE(struct request *r)
{
	struct floor_agent_info info;
	const char *code = request_option(r, "code"), *name = r->args[0];
	if (!floor_agent_find(floor_of(r), name, &info)) {
		no_agent(r);
		return;
	}
	int err = code ? calls_agent_pause(request_env(r)->calls, name, code) : -EINVAL;
	if (err == -ENOENT)
		no_agent(r);
	else if (err)
		no_pause(r, code);
	else
		request_acted(r,
			"agent %s pauses for %s; during a call that takes effect at its end", name,
			code);
}

void command_run_AGENTS_RESUME(struct request *r)
{
	if (calls_agent_set(request_env(r)->calls, r->args[0], true))
		no_agent(r);
	else
		request_acted(r, "agent %s takes calls again", r->args[0]);
}

static void registration_each(const struct ua_registration *g, void *arg)
{
	request_row(arg,
		json_pack("{s:s,s:o,s:o,s:o,s:s,s:o,s:o}", "agent", g->agent, "tenant",
			row_text(g->tenant), "contact", row_text(g->contact), "source",
			row_addr(&g->source), "transport", transport_of(g->transport)->name,
			"user_agent", row_text(g->user_agent), "expires",
			row_time(g->expires_wall_ns)));
}

// Agent by agent: they keep their numbers, whatever is registered meanwhile.
static bool registrations_page(struct request *r)
{
	uint32_t *next = r->place, count = floor_agent_count(floor_of(r));
	for (unsigned i = 0; i < REQUEST_PAGE && *next < count; i++)
		ua_registrations_of(request_env(r)->ua, floor_agent_name(floor_of(r), (*next)++),
			registration_each, r);
	return *next < count;
}

void command_run_REGISTRATIONS_LIST(struct request *r)
{
	request_pages(r, registrations_page, sizeof(uint32_t), NULL);
}

static json_t *trunk_row(const struct ua_trunk_status *t)
{
	return json_pack("{s:s,s:s,s:i,s:o,s:I,s:I,s:I,s:i,s:I,s:o,s:o,s:o,s:b}", "trunk", t->name,
		"tenant", t->tenant, "in_progress", (int)t->in_progress, "calls_max",
		row_count(t->trunk ? t->trunk->calls_max : 0), "taken_calls", (json_int_t)t->calls,
		"rejected", (json_int_t)t->rejected, "calls_out", (json_int_t)t->calls_out,
		"out_in_progress", (int)t->out_in_progress, "failed_out", (json_int_t)t->failed_out,
		"last_source", row_addr(&t->last_source), "last", row_time(t->last_wall_ns),
		"since", row_time(t->since_wall_ns), "leaving", t->trunk == NULL);
}

static bool is_tenants(const struct request *r, const struct ua_trunk_status *t)
{
	const char *tenant = request_option(r, "tenant");
	return tenant == NULL || strcmp(tenant, t->tenant) == 0;
}

static void trunks_each(const struct ua_trunk_status *t, void *arg)
{
	if (is_tenants(arg, t))
		request_row(arg, trunk_row(t));
}

void command_run_TRUNKS_LIST(struct request *r)
{
	if (!request_names(r))
		return;
	ua_trunks(request_env(r)->ua, trunks_each, r);
	request_done(r);
}

static json_t *row_prefix(const struct config_prefix *p)
{
	char net[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8];
	str_format(text, sizeof(text), "%s/%u", addr_text(&p->net, net), p->bits);
	return json_string(text);
}

// The one trunk of that name, in the tenant named or in any.
struct trunk_wanted {
	const struct request *r;
	const char *name;
	json_t *row;
	unsigned found;
};

static void trunk_match(const struct ua_trunk_status *t, void *arg)
{
	struct trunk_wanted *w = arg;
	if (strcmp(t->name, w->name) != 0 || !is_tenants(w->r, t) || w->found++ > 0)
		return;
	json_t *peers = json_array();
	for (unsigned i = 0; t->trunk != NULL && i < t->trunk->peer_count; i++)
		json_array_append_new(peers, row_prefix(&t->trunk->peers[i]));
	w->row = trunk_row(t);
	json_object_set_new(w->row, "peers", peers);
}

void command_run_TRUNKS_SHOW(struct request *r)
{
	struct trunk_wanted wanted = {r, r->args[0], NULL, 0};
	struct near n = {.wanted = r->args[0]};
	if (!request_names(r))
		return;
	ua_trunks(request_env(r)->ua, trunk_match, &wanted);
	if (wanted.found != 1) {
		json_decref(wanted.row);
		names_live(request_env(r), NAME_TRUNK, &n);
		request_name_failed(r, "trunk", wanted.found, &n);
		return;
	}
	request_row(r, wanted.row);
	request_done(r);
}
