// conferences: who is in which, who is heard, how loud.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/names.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"

static json_t *conference_row(const struct request *r, const struct config_conference *c)
{
	return json_pack("{s:s,s:s,s:i,s:i}", "conference", c->name, "tenant", c->tenant->name,
		"parties", (int)conference_parties(request_env(r)->calls, c), "parties_max",
		(int)c->parties_max);
}

static bool is_wanted(struct request *r, const struct config_conference *c)
{
	const char *tenant = request_option(r, "tenant");
	return tenant == NULL || strcmp(tenant, c->tenant->name) == 0;
}

struct conferences_place {
	struct config *config; // held: a reload may come between two pages
	unsigned next;
};

static void list_leave(void *place)
{
	config_release(((struct conferences_place *)place)->config);
}

static bool list_page(struct request *r)
{
	struct conferences_place *p = r->place;
	for (unsigned i = 0; i < REQUEST_PAGE && p->next < p->config->conference_count; i++) {
		const struct config_conference *c = &p->config->conferences[p->next++];
		if (is_wanted(r, c))
			request_row(r, conference_row(r, c));
	}
	return p->next < p->config->conference_count;
}

void command_run_CONFERENCES_LIST(struct request *r)
{
	if (!request_names(r))
		return;
	struct conferences_place *p = request_pages(r, list_page, sizeof(*p), list_leave);
	if (p != NULL)
		p->config = config_hold(request_env(r)->config);
}

static void party_each(const struct call_info *i, void *arg)
{
	char id[CALLID_TEXT_MAX];
	json_array_append_new(arg,
		json_pack("{s:s,s:o,s:I,s:b,s:i,s:b,s:o,s:o}", "call", callid_text(&i->id, id),
			"caller", row_text(i->caller), "for_ms", (json_int_t)i->conference_ms,
			"muted", i->muted, "gain_db", i->gain_db, "holds", i->caller_holds,
			"monitor_agent", row_text(i->monitor_agent), "monitor_mode",
			row_text(i->monitor_mode)));
}

void command_run_CONFERENCES_SHOW(struct request *r)
{
	const struct config *config = request_env(r)->config;
	const struct config_conference *found = NULL;
	struct near n = {.wanted = r->args[0]};
	if (!request_names(r))
		return;
	for (unsigned i = 0; i < config->conference_count; i++) {
		const struct config_conference *c = &config->conferences[i];
		near_try(&n, c->name);
		if (strcmp(c->name, r->args[0]) != 0 || !is_wanted(r, c))
			continue;
		if (found != NULL) {
			request_fail(r, EXIT_USAGE,
				"more than one tenant has a conference %s: add --tenant",
				r->args[0]);
			return;
		}
		found = c;
	}
	if (found == NULL) {
		request_no(r, "conference", &n);
		return;
	}
	json_t *parties = json_array(), *row = conference_row(r, found);
	conference_each(request_env(r)->calls, found, party_each, parties);
	json_object_set_new(row, "callers", parties);
	request_row(r, row);
	request_done(r);
}

// True when it was done; else the request has failed.
static bool is_done(struct request *r, int err)
{
	if (err == -EAGAIN)
		request_fail_for(r, CAUSE_NO_CONFERENCE, r->args[0]);
	else if (err)
		request_fail_for(r, CAUSE_NO_LIVE_CALL, r->args[0]);
	return err == 0;
}

void command_run_CONFERENCES_MUTE(struct request *r)
{
	struct call_info info;
	bool on;
	if (request_on_off(r, &on) && request_call(r, &info) &&
		is_done(r, conference_mute(request_env(r)->calls, &info.id, on)))
		request_acted(r, "caller %s is %s in conference %s", info.caller,
			on ? "no longer heard" : "heard", info.conference);
}

void command_run_CONFERENCES_GAIN(struct request *r)
{
	struct call_info info;
	char *end;
	long db = strtol(r->args[1], &end, 10);
	if (end == r->args[1] || *end != '\0' || db < CONFERENCE_GAIN_MIN_DB ||
		db > CONFERENCE_GAIN_MAX_DB)
		request_fail(r, EXIT_USAGE, "expected a gain of %d to %d dB, got %s",
			CONFERENCE_GAIN_MIN_DB, CONFERENCE_GAIN_MAX_DB, r->args[1]);
	else if (request_call(r, &info) &&
		is_done(r, conference_gain(request_env(r)->calls, &info.id, (int)db)))
		request_acted(r, "caller %s is heard with %+ld dB in conference %s", info.caller,
			db, info.conference);
}
