// Filters of lists.
#include "control/ops/filter.h"

#include <string.h>

#include "control/config/config.h"
#include "control/base/number.h"
#include "control/call/call.h"
#include "control/contract/moment.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "engine/base/str.h"

static void party_add(struct store_filter *f, const char *begin)
{
	unsigned i = 0;
	for (; i < STORE_PARTIES_MAX && f->party[i][0] != '\0'; i++)
		if (strcmp(f->party[i], begin) == 0)
			return;
	if (i < STORE_PARTIES_MAX && begin[0] != '\0')
		(void)str_copy(f->party[i], sizeof(f->party[i]), begin);
}

// As it is said, with its plus and without, and as the tenants' plans read the beginning of a
// number that is dialled so.
static bool parties_fill(struct request *r, struct store_filter *f)
{
	const char *party = request_option(r, "party"), *tenant = request_option(r, "tenant");
	const struct config *c = request_env(r)->config;
	char stem[NUMBER_TEXT_MAX];
	if (party == NULL)
		return true;
	if (party[0] == '\0' || strlen(party) >= sizeof(f->party[0]) - 1) {
		request_fail(r, EXIT_USAGE, "--party: expected a number or its beginning");
		return false;
	}
	party_add(f, party);
	for (unsigned i = 0; i < c->tenant_count; i++)
		if ((tenant == NULL || strcmp(tenant, c->tenants[i].name) == 0) &&
			number_stem(&c->tenants[i].plan, party, stem))
			party_add(f, stem);
	str_format(stem, sizeof(stem), "+%s", party);
	party_add(f, party[0] == '+' ? party + 1 : stem);
	return true;
}

static bool moment_fill(struct request *r, const char *name, uint64_t *ns)
{
	const char *text = request_option(r, name);
	if (text == NULL)
		return true;
	if (moment_parse(text, ns)) {
		*ns += *ns == 0; // 0 is any, and nothing began in 1970
		return true;
	}
	request_fail(r, EXIT_USAGE, "--%s: expected RFC 3339, got %s", name, text);
	return false;
}

bool request_filter(struct request *r, struct store_filter *f)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = {
		{"tenant", f->tenant, sizeof(f->tenant)},
		{"agent", f->agent, sizeof(f->agent)},
		{"queue", f->queue, sizeof(f->queue)},
		{"trunk", f->trunk, sizeof(f->trunk)},
		{"why", f->why, sizeof(f->why)},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *value = request_option(r, texts[i].name);
		if (value != NULL && str_copy(texts[i].to, texts[i].size, value) != 0) {
			request_fail(r, EXIT_USAGE, "--%s is too long", texts[i].name);
			return false;
		}
	}
	if (!parties_fill(r, f) || !moment_fill(r, "since", &f->since_ns) ||
		!moment_fill(r, "until", &f->until_ns))
		return false;
	if (f->since_ns && f->until_ns && f->since_ns >= f->until_ns) {
		request_fail(r, EXIT_USAGE, "nothing is since %s and until %s",
			request_option(r, "since"), request_option(r, "until"));
		return false;
	}
	return request_limit(r, &f->limit);
}

static bool is(const char *wanted, const char *text)
{
	return wanted[0] == '\0' || (text != NULL && strcmp(wanted, text) == 0);
}

static bool has_party(const struct store_filter *f, const struct call_info *i)
{
	for (unsigned k = 0; k < STORE_PARTIES_MAX && f->party[k][0] != '\0'; k++)
		if (str_starts(i->record->caller, f->party[k]) ||
			str_starts(i->called ? i->called : "", f->party[k]))
			return true;
	return f->party[0][0] == '\0';
}

bool filter_takes(const struct store_filter *f, const struct call_info *i)
{
	return is(f->tenant, i->tenant) && is(f->agent, i->agent) && is(f->queue, i->queue) &&
		is(f->trunk, i->trunk) && has_party(f, i) &&
		(!f->since_ns || i->started_wall_ns >= f->since_ns) &&
		(!f->until_ns || i->started_wall_ns < f->until_ns);
}
