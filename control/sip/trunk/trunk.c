// The list of trunks. There are few of them: it is walked.
#include "control/sip/trunk/trunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

struct trunks {
	struct timers *timers; // the clock
	struct trunk *first;   // the newest
	void (*counted)(void *arg);
	void *arg;
};

struct trunks *trunks_new(struct timers *timers, void (*counted)(void *arg), void *arg)
{
	struct trunks *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return NULL;
	ts->timers = timers;
	ts->counted = counted;
	ts->arg = arg;
	return ts;
}

static struct trunk *find_name(const struct trunks *ts, const struct config_trunk *c)
{
	const char *tenant = c->tenant ? c->tenant->name : "";

	for (struct trunk *t = ts->first; t; t = t->next)
		if (str_equal(t->name, c->name) && str_equal(t->tenant, tenant))
			return t;
	return NULL;
}

static int add(struct trunks *ts, const struct config_trunk *c)
{
	struct trunk *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	(void)str_copy(t->name, sizeof(t->name), c->name);
	(void)str_copy(t->tenant, sizeof(t->tenant), c->tenant ? c->tenant->name : "");
	t->status.serial = ts->first ? ts->first->status.serial + 1 : 1;
	t->of = ts;
	t->next = ts->first;
	ts->first = t;
	return 0;
}

static bool is_needed(const struct trunk *t)
{
	return t->config || t->status.in_progress || t->held;
}

static void login_wipe(struct trunk *t)
{
	explicit_bzero(&t->login, sizeof(t->login));
}

static void login_keep(struct trunk *t)
{
	const struct config_out *o = &t->config->out;

	login_wipe(t);
	(void)str_copy(t->login.user, sizeof(t->login.user), o->user);
	(void)str_copy(t->login.password, sizeof(t->login.password), o->password);
	memcpy(t->login.targets, o->targets, sizeof(t->login.targets));
	t->login.target_count = o->target_count;
}

// Those that left the configuration stay until their last call has ended.
static void drop_unused(struct trunks *ts)
{
	for (struct trunk **at = &ts->first; *at;) {
		struct trunk *t = *at;
		if (is_needed(t)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		login_wipe(t);
		free(t);
	}
}

// Those without a configuration take no calls: nothing is seen of them yet.
int trunks_reserve(struct trunks *ts, const struct config *config)
{
	for (unsigned i = 0; i < config->trunk_count; i++) {
		const struct config_trunk *c = &config->trunks[i];
		if (!find_name(ts, c) && add(ts, c))
			return -ENOMEM;
	}
	return 0;
}

void trunks_configure(struct trunks *ts, const struct config *config)
{
	for (struct trunk *t = ts->first; t; t = t->next)
		t->config = NULL;
	for (unsigned i = 0; i < config->trunk_count; i++) {
		struct trunk *t = find_name(ts, &config->trunks[i]);
		check(t); // reserved
		t->config = &config->trunks[i];
		login_keep(t);
	}
	drop_unused(ts);
}

void trunks_free(struct trunks *ts)
{
	if (!ts)
		return;
	while (ts->first) {
		struct trunk *t = ts->first;
		ts->first = t->next;
		login_wipe(t);
		free(t);
	}
	free(ts);
}

struct trunk *trunk_find(const struct trunks *ts, const struct addr *source)
{
	struct trunk *best = NULL;
	int best_bits = -1;

	for (struct trunk *t = ts->first; t; t = t->next) {
		for (unsigned i = 0; t->config && i < t->config->peer_count; i++) {
			const struct config_prefix *p = &t->config->peers[i];
			if (p->bits > best_bits && addr_in_prefix(source, &p->net, p->bits)) {
				best = t;
				best_bits = p->bits;
			}
		}
	}
	return best;
}

static void counted(struct trunk *t)
{
	if (t->status.since_wall_ns == 0)
		t->status.since_wall_ns = timers_wall_ns(t->of->timers);
	if (!t->counted && t->of->counted)
		t->of->counted(t->of->arg);
	t->counted = true;
}

void trunk_seen(struct trunk *t, const struct addr *source)
{
	counted(t);
	t->status.calls++;
	t->status.last_source = *source;
	t->status.last_wall_ns = timers_wall_ns(t->of->timers);
}

bool trunk_paces(struct trunk *t)
{
	unsigned per_s = t->config->calls_per_s;

	return !per_s || rate_take(&t->in, per_s, timers_now_ms(t->of->timers));
}

static bool is_full(const struct trunk *t)
{
	return t->config->calls_max && t->status.in_progress >= t->config->calls_max;
}

bool trunk_begin(struct trunk *t)
{
	if (is_full(t))
		return false;
	t->status.in_progress++;
	return true;
}

void trunk_reject(struct trunk *t)
{
	counted(t);
	t->status.rejected++;
}

// --- calls out ---

struct trunk *trunk_of(const struct trunks *ts, const struct config_trunk *config)
{
	struct trunk *t = find_name(ts, config);

	return t && t->config ? t : NULL;
}

int trunk_begin_out(struct trunk *t)
{
	const struct config_out *o = &t->config->out;

	if (is_full(t) || (o->calls_max && t->status.out_in_progress >= o->calls_max))
		return -EBUSY;
	if (o->calls_per_s && !rate_take(&t->out, o->calls_per_s, timers_now_ms(t->of->timers)))
		return -EAGAIN;
	counted(t);
	t->status.calls_out++;
	t->status.in_progress++;
	t->status.out_in_progress++;
	return 0;
}

void trunk_failed(struct trunk *t)
{
	counted(t);
	t->status.failed_out++;
}

void trunk_hold(struct trunk *t)
{
	t->held++;
}

void trunk_release(struct trunk *t)
{
	check(t->held > 0);
	t->held--;
	if (!is_needed(t))
		login_wipe(t);
}

static bool is_same(const struct config_listen *a, const struct config_listen *b)
{
	return a->transport == b->transport && addr_equal(&a->address, &b->address);
}

// There are as many places as targets; those of a configuration before are over first.
void trunk_rest(struct trunk *t, const struct config_listen *at, const struct trunk_rest *rest)
{
	struct trunk_rest *place = &t->rests[0];

	for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) {
		if (is_same(&t->rests[i].at, at)) {
			place = &t->rests[i];
			break;
		}
		if (t->rests[i].until_ms < place->until_ms)
			place = &t->rests[i];
	}
	*place = *rest;
	place->at = *at;
}

const struct trunk_rest *trunk_rests(const struct trunk *t, const struct config_listen *at)
{
	uint64_t now_ms = timers_now_ms(t->of->timers);

	for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++)
		if (t->rests[i].until_ms > now_ms && is_same(&t->rests[i].at, at))
			return &t->rests[i];
	return NULL;
}

void trunk_end(struct trunk *t, bool out)
{
	t->status.in_progress--;
	if (out)
		t->status.out_in_progress--;
	if (!is_needed(t))
		login_wipe(t);
}

// --- what is told ---

static const struct ua_trunk_status *status_of(struct trunk *t)
{
	t->status.trunk = t->config;
	t->status.name = t->name;
	t->status.tenant = t->tenant;
	return &t->status;
}

void trunks_walk(struct trunks *ts, trunk_each_h *each, void *arg)
{
	for (struct trunk *t = ts->first; t; t = t->next)
		if (t->config || t->status.in_progress) // else reserved, or its last call has ended
			each(status_of(t), arg);
}

void trunks_counted(struct trunks *ts, trunk_each_h *each, void *arg)
{
	for (struct trunk *t = ts->first; t; t = t->next) {
		if (t->config && t->counted)
			each(status_of(t), arg);
		t->counted = false;
	}
}

void trunks_restore(
	struct trunks *ts, const char *tenant, const char *name, const struct ua_trunk_status *from)
{
	for (struct trunk *t = ts->first; t; t = t->next) {
		if (!str_equal(t->name, name) || !str_equal(t->tenant, tenant))
			continue;
		struct ua_trunk_status now = t->status;
		t->status = *from;
		t->status.in_progress = now.in_progress;
		t->status.out_in_progress = now.out_in_progress;
		t->status.serial = now.serial;
	}
}
