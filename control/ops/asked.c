// Arguments and options of more than one command.
#include "control/ops/asked.h"

#include <errno.h>
#include <string.h>

#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/names.h"
#include "control/ops/ops_private.h"
#include "control/ops/socket.h"
#include "control/store/store.h"
#include "engine/base/str.h"

_Static_assert(WIRE_ROWS_MAX == STORE_ROWS_MAX, "who asks for all knows when there are more");

struct ops_who request_who(const struct request *r)
{
	struct ops_who who = {.by = "operator"};
	if (r->client != NULL)
		ops_client_who(r->client, &who.uid, &who.pid);
	return who;
}

bool request_call(struct request *r, struct call_info *out)
{
	int err = call_find(request_env(r)->calls, r->args[0], out);
	if (err == -EEXIST)
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
	else if (err)
		request_fail_for(r, CAUSE_NO_LIVE_CALL, r->args[0]);
	return err == 0;
}

bool request_on_off(struct request *r, bool *on)
{
	*on = strcmp(r->args[1], "on") == 0;
	if (*on || strcmp(r->args[1], "off") == 0)
		return true;
	request_fail(r, EXIT_USAGE, "expected on or off, got %s", r->args[1]);
	return false;
}

bool request_limit(struct request *r, unsigned *out)
{
	const char *text = request_option(r, "limit");
	uint64_t n = 0;
	if (text != NULL && (str_u64(text, &n) != 0 || n == 0 || n > WIRE_ROWS_MAX)) {
		request_fail(
			r, EXIT_USAGE, "--limit: expected 1 to %d, got %s", WIRE_ROWS_MAX, text);
		return false;
	}
	*out = (unsigned)n;
	return true;
}

void request_name_failed(struct request *r, const char *what, unsigned found, const struct near *n)
{
	if (found > 1)
		request_fail(r, EXIT_USAGE, "more than one tenant has a %s %s: add --tenant", what,
			r->args[0]);
	else if (n->known)
		request_fail(r, EXIT_MISSING, "tenant %s has no %s %s", request_option(r, "tenant"),
			what, r->args[0]);
	else
		request_no(r, what, n);
}

bool request_queue(struct request *r, struct floor_queue_info *out)
{
	struct floor *floor = calls_floor(request_env(r)->calls);
	struct near n = {.wanted = r->args[0]};
	if (!request_names(r))
		return false;
	unsigned found = floor_queue_find(floor, request_option(r, "tenant"), r->args[0], out);
	if (found == 1)
		return true;
	names_live(request_env(r), NAME_QUEUE, &n);
	request_name_failed(r, "queue", found, &n);
	return false;
}

static void store_gone(struct request *r)
{
	store_forget(request_env(r)->store, r);
	request_done(r);
}

void request_waits_for_store(struct request *r)
{
	r->gone = store_gone;
}
