// Trunks' figures in a snapshot: of one that a reload removed while calls of it go on, too.
#include "tests/unit/unit.h"

#include <poll.h>

#include "control/base/timer.h"
#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/node/figures.h"
#include "control/sip/shared.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

static struct timers timers;
static struct ua ua; // its trunks alone

static void trunk(struct config_trunk *t, const char *name, struct config_tenant *tenant)
{
	*t = (struct config_trunk){.tenant = tenant};
	str_copy(t->name, sizeof(t->name), name);
}

static struct trunk *at(const char *text, struct config_trunk *t, struct config_prefix *peer)
{
	ck_assert_int_eq(addr_parse(text, &peer->net), 0);
	peer->bits = 32;
	t->peers = peer;
	t->peer_count = 1;
	return trunk_find(ua.trunks, &peer->net);
}

static const struct rebuild_figures *of(const struct rebuild *r, const char *tenant)
{
	for (size_t i = 0; i < r->figures_count; i++)
		if (r->figures[i].of == FIGURES_TRUNK && str_equal(r->figures[i].name, "carrier") &&
			str_equal(r->figures[i].tenant, tenant))
			return &r->figures[i];
	return NULL;
}

START_TEST(a_snapshot_has_a_trunk_that_leaves)
{
	struct config_tenant tenants[2] = {{.name = "acme"}, {.name = "city"}};
	struct config_prefix peers[2];
	struct config_trunk trunks[2];
	struct config before = {.trunks = trunks, .trunk_count = 2};
	struct config after = {.trunks = trunks, .trunk_count = 1};
	struct eventlog_report report;
	struct eventlog *log;
	struct rebuild r;
	char dir[64];
	uint64_t from = 0;

	folder_new(dir);
	struct eventlog_options options = {.directory = dir};
	ck_assert_int_eq(eventlog_open(&options, &log, &report), 0);
	eventlog_append(log, EVENT_NODE_STARTED, "", NULL, "{}");
	trunk(&trunks[0], "carrier", &tenants[0]);
	trunk(&trunks[1], "carrier", &tenants[1]);
	timers_init(&timers, NULL);
	ua.trunks = trunks_new(&timers, NULL, NULL);
	ck_assert_ptr_nonnull(ua.trunks);
	ck_assert_int_eq(trunks_reserve(ua.trunks, &before), 0);
	trunks_configure(ua.trunks, &before);
	for (unsigned i = 0; i < 2; i++) {
		struct trunk *t = at(i ? "192.0.2.2" : "192.0.2.1", &trunks[i], &peers[i]);
		for (unsigned n = 0; n <= i; n++)
			trunk_seen(t, &peers[i].net);
		ck_assert(trunk_begin(t));
	}
	ck_assert_int_eq(trunks_reserve(ua.trunks, &after), 0);
	trunks_configure(ua.trunks, &after);
	while (figures_snapshot(&ua, log, &from))
		continue;
	eventlog_close(log);
	trunks_free(ua.trunks);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.figures_count, 2);
	ck_assert_uint_eq(of(&r, "acme")->n.calls, 1);
	ck_assert_uint_eq(of(&r, "city")->n.calls, 2);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// A reload between two pieces shifts the list: no trunk that stays is missing.
START_TEST(a_reload_amid_a_snapshot)
{
	enum { COUNT = 3 * EVENTLOG_PIECE };
	struct config_tenant tenant = {.name = "acme"};
	static struct config_trunk trunks[COUNT];
	static struct config_prefix peers[COUNT];
	struct config before = {.trunks = trunks, .trunk_count = COUNT};
	struct config after = {.trunks = trunks, .trunk_count = COUNT - EVENTLOG_PIECE};
	struct eventlog_report report;
	struct eventlog *log;
	struct rebuild r;
	char dir[64], text[32];
	uint64_t from = 0;

	folder_new(dir);
	struct eventlog_options options = {.directory = dir};
	ck_assert_int_eq(eventlog_open(&options, &log, &report), 0);
	eventlog_append(log, EVENT_NODE_STARTED, "", NULL, "{}");
	for (unsigned i = 0; i < COUNT; i++) {
		str_format(text, sizeof(text), "carrier%u", i);
		trunk(&trunks[i], text, &tenant);
	}
	timers_init(&timers, NULL);
	ua.trunks = trunks_new(&timers, NULL, NULL);
	ck_assert_ptr_nonnull(ua.trunks);
	ck_assert_int_eq(trunks_reserve(ua.trunks, &before), 0);
	trunks_configure(ua.trunks, &before);
	for (unsigned i = 0; i < COUNT; i++) {
		str_format(text, sizeof(text), "192.0.2.%u", i + 1);
		trunk_seen(at(text, &trunks[i], &peers[i]), &peers[i].net);
	}
	ck_assert(figures_snapshot(&ua, log, &from));
	ck_assert_int_eq(trunks_reserve(ua.trunks, &after), 0);
	trunks_configure(ua.trunks, &after); // those that the first piece had are gone
	while (figures_snapshot(&ua, log, &from))
		continue;
	eventlog_close(log);
	trunks_free(ua.trunks);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.figures_count, COUNT);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// Counts are never set back: of a busy trunk they are soon more than 32 bits hold.
START_TEST(years_of_calls)
{
	struct config_tenant tenant = {.name = "acme"};
	struct config_prefix peer;
	struct config_trunk one;
	struct config config = {.trunks = &one, .trunk_count = 1};
	struct rebuild_figures f = {.of = FIGURES_TRUNK,
		.tenant = "acme",
		.name = "carrier",
		.n = {.since = 1, .calls = 1ull << 33, .rejected = 1ull << 32}};
	struct rebuild r = {.figures = &f, .figures_count = 1};

	trunk(&one, "carrier", &tenant);
	timers_init(&timers, NULL);
	ua.trunks = trunks_new(&timers, NULL, NULL);
	ck_assert_ptr_nonnull(ua.trunks);
	ck_assert_int_eq(trunks_reserve(ua.trunks, &config), 0);
	trunks_configure(ua.trunks, &config);
	figures_restore_trunks(&ua, &r);
	struct trunk *t = at("192.0.2.1", &one, &peer);
	trunk_seen(t, &peer.net);
	trunk_reject(t);
	ck_assert_uint_eq(t->status.calls, (1ull << 33) + 1);
	ck_assert_uint_eq(t->status.rejected, (1ull << 32) + 1);
	trunks_free(ua.trunks);
}
END_TEST

UNIT_MAIN("node_figures", years_of_calls, a_reload_amid_a_snapshot,
	a_snapshot_has_a_trunk_that_leaves)
