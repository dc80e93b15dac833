// lockouts list and lift.
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("ops");

static void lockouts_each(const struct ua_lockout *l, void *arg)
{
	char place[UA_PLACE_MAX];
	bool of_address = l->address.family != ADDR_NONE;
	request_row(arg,
		json_pack("{s:o,s:o,s:i,s:I,s:I}", "address",
			of_address ? json_string(ua_lockout_place(l, place)) : json_null(),
			"account", l->account[0] ? row_text(l->account) : json_null(), "failures",
			(int)l->failures, "for_ms", (json_int_t)l->for_ms, "left_ms",
			(json_int_t)l->left_ms));
}

static bool lockouts_page(struct request *r)
{
	return ua_lockouts_page(request_env(r)->ua, r->place, lockouts_each, r);
}

void command_run_LOCKOUTS_LIST(struct request *r)
{
	request_pages(r, lockouts_page, sizeof(uint32_t), NULL);
}

static void lift_tell(const struct request *r, const char *what, unsigned lifted)
{
	struct ops_who who = request_who(r);
	struct body body;
	body_begin(&body);
	body_text(&body, "of", what);
	body_u64(&body, "lifted", lifted);
	body_text(&body, "by", who.by);
	body_u64(&body, "uid", who.uid);
	eventlog_append(request_env(r)->log, EVENT_LOCKOUT_LIFTED, "", NULL, body_end(&body));
	log_info("lockouts lifted of=%s lifted=%u uid=%u", what, lifted, who.uid);
}

// Also as the list has it, "2001:db8:0:7::/64": its locks are found by an address within.
static bool is_address(const char *text, struct addr *out)
{
	char address[ADDR_TEXT_MAX];
	const char *bits = strchr(text, '/');
	if (bits == NULL)
		return addr_parse(text, out) == 0;
	return bits[1] != '\0' && bits[1 + strspn(bits + 1, "0123456789")] == '\0' &&
		str_copy_n(address, sizeof(address), text, (size_t)(bits - text)) == 0 &&
		addr_parse(address, out) == 0;
}

// A name is taken for an account, so that one that looks like an address can be lifted all the
// same: by --all.
void command_run_LOCKOUTS_LIFT(struct request *r)
{
	bool all = request_option(r, "all") != NULL;
	struct addr address;
	if (all == (r->arg_count > 0)) {
		request_fail(r, EXIT_USAGE, "expected an account, an address or --all");
		return;
	}
	bool of_address = !all && is_address(r->args[0], &address);
	unsigned lifted = ua_lockouts_lift(request_env(r)->ua, of_address ? &address : NULL,
		all || of_address ? NULL : r->args[0]);
	if (lifted == 0 && !all) {
		request_fail(r, EXIT_MISSING, "no lockout of %s stands", r->args[0]);
		return;
	}
	if (lifted > 0)
		lift_tell(r, all ? "all" : r->args[0], lifted);
	char count[STR_COUNT_MAX];
	request_acted(r, "lifted %s", str_count(count, lifted, "lockout"));
}
