// Numbers in a configuration: found in each form by the tenant's and the trunk's plan, and never
// two that are the same.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "engine/base/str.h"

#define HEAD                                              \
	"sip: {listen: [udp:10.9.0.1:5060]}\n"            \
	"engine:\n"                                       \
	"  ports: {p: {host: 10.9.0.1/24}}\n"             \
	"  media: {m: {port: p, address: 10.9.0.2/24}}\n" \
	"tenants:\n acme:\n  flows: {f: {a: hangup}}\n"

// NULL, and the problems as one text, where it is wrong.
static struct config *loaded(const char *acme, char problems[1024])
{
	char text[2048];
	struct config_problems wrong;
	struct config *c;
	struct str_buf b;

	str_format(text, sizeof(text), "%s%s", HEAD, acme);
	config_load_text(&control_modules, &(struct config_text){"t.yaml", text, strlen(text)},
		NULL, &c, &wrong);
	str_buf_init(&b, problems, 1024);
	problems[0] = '\0';
	for (unsigned i = 0; i < wrong.count; i++)
		str_buf_add(&b, "%s\n", wrong.list[i].text);
	config_problems_free(&wrong);
	return c;
}

// The number of the configuration that this finds; trunk: by its plan, else the tenant's.
static const char *found(const struct config *c, bool trunk, const char *dialled)
{
	char normal[NUMBER_TEXT_MAX];

	number_normal(trunk ? &c->trunks[0].plan : &c->tenants[0].plan, dialled, normal);
	const struct config_number *n = config_find_number(c, &c->tenants[0], normal);
	return n ? n->number : "none";
}

START_TEST(as_written_without_a_plan)
{
	char problems[1024];
	struct config *c =
		loaded("  numbers: {'4001': f, '40-02': f, '400*': f, '+49': f}\n", problems);

	ck_assert_msg(c != NULL, "%s", problems);
	ck_assert_str_eq(found(c, false, "4001"), "4001");
	ck_assert_str_eq(found(c, false, "40-01"), "4001");
	ck_assert_str_eq(found(c, false, "40-02"), "40-02");
	ck_assert_str_eq(found(c, false, "(41)03"), "none");
	ck_assert_str_eq(found(c, false, "(400)3"), "400*");
	ck_assert_str_eq(found(c, false, "4002"), "400*");
	ck_assert_str_eq(found(c, false, "04001"), "none");
	ck_assert_str_eq(found(c, false, "+4001"), "none");
	ck_assert_str_eq(found(c, false, "0049"), "none");
	config_release(c);
}
END_TEST

START_TEST(by_the_plan)
{
	static const struct {
		const char *dialled, *by_tenant, *by_trunk;
	} t[] = {
		{"+8640012345678", "400-1234-5678", "400-1234-5678"},
		{"008640012345678", "400-1234-5678", "400-1234-5678"},
		{"040012345678", "400-1234-5678", "400-1234-5678"},
		{"40012345678", "400-1234-5678", "none"},
		{"8640012345678", "none", "400-1234-5678"},
		{"9000", "9000", "9000"},
		{"09000", "none", "none"},
		{"+861055501", "010555*", "010555*"},
		{"0105550", "010555*", "010555*"},
		{"9500", "95*", "95*"}, // short
		{"9500123456", "95*", "none"},
		{"+869500123456", "95*", "95*"},
		{"desk", "desk", "desk"},
	};
	char problems[1024];
	struct config *c =
		loaded("  country_code: 86\n"
		       "  trunks: {t: {peers: 10.9.0.0/24, bare_numbers: e164}}\n"
		       "  numbers: {400-1234-5678: f, '9000': f, '010555*': f, '95*': f,\n"
		       "    desk: f}\n",
			problems);

	ck_assert_msg(c != NULL, "%s", problems);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ck_assert_msg(strcmp(found(c, false, t[i].dialled), t[i].by_tenant) == 0, "%s: %s",
			t[i].dialled, found(c, false, t[i].dialled));
		ck_assert_msg(strcmp(found(c, true, t[i].dialled), t[i].by_trunk) == 0, "%s: %s",
			t[i].dialled, found(c, true, t[i].dialled));
	}
	config_release(c);
}
END_TEST

START_TEST(a_trunk_of_another_country)
{
	char problems[1024];
	struct config *c = loaded("  country_code: 49\n"
				  "  trunks: {t: {peers: 10.9.0.0/24, country_code: 39,\n"
				  "    national_prefix: none}}\n"
				  "  numbers: {'030123456': f, '+390612345678': f, '*': f}\n",
		problems);

	ck_assert_msg(c != NULL, "%s", problems);
	ck_assert_str_eq(found(c, false, "0612345678"), "*"); // +49612345678
	ck_assert_str_eq(found(c, true, "0612345678"), "+390612345678");
	ck_assert_str_eq(found(c, true, "004930123456"), "030123456");
	config_release(c);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
	static const struct {
		const char *acme, *problem;
	} t[] = {
		{"  country_code: 49\n  numbers: {'030123456': f, '+4930123456': f}\n",
			"t.yaml:9:29: tenants.acme.numbers.+4930123456: expected a number that no "
			"other one of the tenant is, got '+4930123456', which is +4930123456 like "
			"'030123456'\n"},
		{"  country_code: 49\n  numbers: {'30*': f, '004930*': f}\n",
			"t.yaml:9:23: tenants.acme.numbers.004930*: expected a number that no "
			"other "
			"one of the tenant is, got '004930*', which is +4930* like '30*'\n"},
		{"  country_code: 49\n  numbers: {'0221-1234': f, '(0221)1234': f}\n", NULL},
		{"  country_code: '049'\n", "expected a country code"},
		{"  country_code: abc\n", "expected a country code"},
		{"  national_prefix: x\n", "expected digits or none, got 'x'"},
		{"  country_code: 49\n  international_prefix: 0\n", "expected another one"},
		{"  trunks: {t: {peers: 10.9.0.1, country_code: 49}}\n",
			"expected a trunk of a tenant that has a country_code"},
		{"  country_code: 49\n  trunks: {t: {peers: 10.9.0.1, national_prefix: '*'}}\n",
			"t.yaml:9:50: tenants.acme.trunks.t.national_prefix: expected digits or "
			"none, got '*'\n"},
	};
	char problems[1024];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct config *c = loaded(t[i].acme, problems);
		ck_assert_msg(c == NULL, "%s", t[i].acme);
		ck_assert_msg(
			!t[i].problem || strstr(problems, t[i].problem) != NULL, "%s", problems);
	}
}
END_TEST

UNIT_MAIN("config_numbers", as_written_without_a_plan, by_the_plan, a_trunk_of_another_country,
	what_cannot_be_is_said)
