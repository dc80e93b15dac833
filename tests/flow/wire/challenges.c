// Trunks that ask for a password: each call by a nonce of its own, and now and then within it.
#include <check.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/hash.h"
#include "tests/flow/wire/wire.h"

static const struct config_out *trunk_with_password(const struct addr *at)
{
	const struct config *c = sim_config();

	for (unsigned i = 0; i < c->trunk_count; i++)
		for (unsigned k = 0; k < c->trunks[i].out.target_count; k++)
			if (addr_equal(&c->trunks[i].out.targets[k].address, at) &&
				*c->trunks[i].out.password)
				return &c->trunks[i].out;
	return NULL;
}

static void make_nonce(const struct text *m, bool within, char out[20])
{
	(void)str_format(out, 20, "%016llx", (unsigned long long)hash_str(m->call_id, within));
}

// In one request of four within a call the nonce is no longer good.
static bool is_stale(const struct text *m)
{
	return *m->to_tag && hash_str(m->branch, 2) % 4 == 0;
}

bool wire_challenges(struct peer *at, struct tell *t, const struct text *m)
{
	const struct config_out *o = trunk_with_password(&at->port.at);
	const char *said = text_header(m, "Proxy-Authorization");
	char first[20], later[20], given[256] = "", headers[160];
	bool stale = is_stale(m);

	if (!o || (*m->to_tag && !said && !stale))
		return false;
	make_nonce(m, false, first);
	make_nonce(m, true, later);
	if (said)
		(void)text_param(said, "nonce", given, sizeof(given));
	if (str_equal(given, later) || (str_equal(given, first) && !stale)) {
		if (!text_digest_fits(said, o->password, m->method))
			sim_violation("a wrong answer to our nonce: %s", m->method);
		return false;
	}
	wire_count()->challenged++;
	(void)str_format(headers, sizeof(headers),
		"Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"%s\", qop=\"auth\"%s\r\n",
		*m->to_tag ? later : first, *m->to_tag ? ", stale=true" : "");
	peer_answer(t, 407, headers, NULL);
	return true;
}
