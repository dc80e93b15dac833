// What docs/change.md adds to the tree, by the functions that know it. It is built everywhere, and
// holds where the edits were made: tests/change/change_test.py runs it there.
#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/config/schema.h"
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

UNIT_MAIN("change", the_key_is_read)
