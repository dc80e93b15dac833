// What docs/change.md adds to the tree, by the functions that know it. It is built everywhere, and
// holds where the edits were made: tests/change/change_test.py runs it there.
#include <string.h>

#include "control/config/load.h"
#include "control/config/schema.h"
#include "control/eventlog/eventlog.h"
#include "control/modules.h"
#include "control/rebuild/rebuild.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

static const char text[] = "sip: {listen: [udp:10.9.0.1:5060]}\n"
			   "engine:\n"
			   "  ports: {p: {host: 10.9.0.1/24}}\n"
			   "  media: {m: {port: p, address: 10.9.0.2/24}}\n"
			   "control: {site: cellar}\n"
			   "tenants: {}\n";

START_TEST(the_key_is_read)
{
	struct config *c;
	struct config_problems problems;
	struct config_text file = {"t.yaml", text, sizeof(text) - 1};
	const struct config_field *control = config_schema_find(&config_schema_root, "control");
	const struct config_field *site = config_schema_find(control->sub, "site");
	ck_assert_ptr_nonnull(site);
	int err = config_load_text(&control_modules, &file, NULL, &c, &problems);
	ck_assert_msg(err == 0, "%s", problems.count ? problems.list[0].text : "not loaded");
	ck_assert_str_eq((const char *)c + site->offset, "cellar");
	config_problems_free(&problems);
	config_release(c);
}
END_TEST

// Of a call that was parked when the node was killed.
START_TEST(the_event_is_rebuilt)
{
	char folder[64];
	struct rebuild r;
	struct eventlog *log;
	struct eventlog_report report;
	struct callid call = {.start = 1, .counter = 1};
	struct eventlog_options options = {.directory = folder_new(folder)};
	ck_assert_int_eq(eventlog_open(&options, &log, &report), 0);
	eventlog_append(log, EVENT_CALL_STARTED, "acme", &call, "{}");
	eventlog_append(log, event_type_parse("call-parked"), "acme", &call, "{\"by\":\"caller\"}");
	eventlog_close(log);
	ck_assert_int_eq(rebuild_load(folder, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	ck_assert_ptr_nonnull(strstr(r.calls[0].record, "\"where\":\"parked\""));
	rebuild_free(&r);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("change", the_key_is_read, the_event_is_rebuilt)
