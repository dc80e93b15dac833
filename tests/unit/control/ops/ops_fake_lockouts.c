// Who is locked out of the fake daemon.
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

bool ua_lockouts_page(struct ua *ua, uint32_t *from,
	void (*each)(const struct ua_lockout *l, void *arg), void *arg)
{
	const struct ua_lockout locks[] = {
		{.bits = 32, .account = "bob", .failures = 5, .for_ms = 40000, .left_ms = 260000},
		{.bits = 64, .failures = 7, .for_ms = 1000, .left_ms = 299000},
		{.account = "bob", .failures = 5, .for_ms = 40000, .left_ms = 260000},
	};
	struct ua_lockout l = locks[*from];
	if (l.bits != 0)
		addr_parse(l.bits == 32 ? "192.0.2.7" : "2001:db8:0:7::", &l.address);
	each(&l, arg);
	return ++*from < sizeof(locks) / sizeof(locks[0]);
}

char *ua_lockout_place(const struct ua_lockout *l, char out[UA_PLACE_MAX])
{
	char text[ADDR_TEXT_MAX];
	str_format(out, UA_PLACE_MAX, "%s%s", addr_text(&l->address, text),
		l->bits == 64 ? "/64" : "");
	return out;
}

unsigned ua_lockouts(const struct ua *ua)
{
	return 3;
}

unsigned ua_lockouts_lift(struct ua *ua, const struct addr *address, const char *account)
{
	struct addr locked;
	addr_parse("2001:db8:0:7::", &locked);
	if (address != NULL)
		return account == NULL && addr_in_prefix(address, &locked, 64) ? 1 : 0;
	return account != NULL && strcmp(account, "bob") == 0 ? 2 : 0;
}

uint64_t eventlog_append(struct eventlog *l, enum event_type type, const char *tenant,
	const struct callid *call, const char *body)
{
	return 1;
}
