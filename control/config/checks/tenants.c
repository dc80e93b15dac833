// What must hold between trunks, agents and prompts.
#include <stdlib.h>
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

struct peer {
	const struct config_prefix *prefix;
	const struct config_trunk *trunk;
};

static int peer_order(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;
	int order = memcmp(&x->prefix->net.ip, &y->prefix->net.ip, sizeof(x->prefix->net.ip));
	if (order == 0)
		order = x->prefix->net.family - y->prefix->net.family;
	if (order == 0)
		order = x->prefix->bits - y->prefix->bits;
	if (order == 0)
		order = (x->prefix > y->prefix) - (x->prefix < y->prefix);
	return order;
}

static bool peer_same(const struct peer *a, const struct peer *b)
{
	return a->prefix->bits == b->prefix->bits && addr_same_ip(&a->prefix->net, &b->prefix->net);
}

// One source address must mean one trunk, whatever the tenant.
static void check_peers(struct config_read *r)
{
	const struct config *c = r->config;
	size_t count = 0;
	for (unsigned i = 0; i < c->trunk_count; i++)
		count += c->trunks[i].peer_count;
	struct peer *peers = calloc(count + 1, sizeof(*peers));
	if (peers == NULL) {
		r->memory = true;
		return;
	}
	count = 0;
	for (unsigned i = 0; i < c->trunk_count; i++)
		for (unsigned j = 0; j < c->trunks[i].peer_count; j++)
			if (c->trunks[i].peers[j].net.family != ADDR_NONE)
				peers[count++] =
					(struct peer){&c->trunks[i].peers[j], &c->trunks[i]};
	qsort(peers, count, sizeof(*peers), peer_order);
	for (size_t i = 1; i < count; i++) {
		char ip[ADDR_TEXT_MAX];
		if (peer_same(&peers[i], &peers[i - 1]))
			config_read_problem(r, peers[i].prefix, NULL,
				"expected a prefix that no other trunk has, got %s/%u of '%s'",
				addr_text(&peers[i].prefix->net, ip), peers[i].prefix->bits,
				peers[i - 1].trunk->name);
	}
	free(peers);
}

static void check_codecs(struct config_read *r, const enum codec_id *codecs, const unsigned *count)
{
	char key[CONFIG_KEY_MAX];
	if (*count == 0)
		config_read_problem(r, count, NULL, "expected at least one codec, got none");
	for (unsigned i = 0; i < *count; i++)
		if (codec_has_state(codecs[i]) && r->config->engine.coders[codecs[i]] == 0)
			config_read_problem(r, &codecs[i], NULL,
				"expected a codec that the engine has room for, got %s with "
				"%s 0",
				codec_get(codecs[i])->name, config_coders_key(codecs[i], key));
	for (unsigned i = 0; i < *count; i++)
		for (unsigned j = 0; j < i; j++)
			if (codecs[i] == codecs[j] && codecs[i] != CODEC_NONE)
				config_read_problem(r, &codecs[i], NULL,
					"expected each codec once, got %s again",
					codec_get(codecs[i])->name);
}

static void check_ptime(struct config_read *r, const uint8_t *ptime_ms)
{
	unsigned ms = *ptime_ms;
	if (ms > 0 && (ms % 10 != 0 || ms == 50))
		config_read_problem(
			r, ptime_ms, NULL, "expected 10ms, 20ms, 30ms, 40ms or 60ms, got %ums", ms);
}

static void check_trunks_agents(struct config_read *r)
{
	struct config *c = r->config;
	for (unsigned i = 0; i < c->trunk_count; i++) {
		struct config_trunk *t = &c->trunks[i];
		if (t->peers != NULL && t->peer_count == 0)
			config_read_problem(
				r, &t->peer_count, NULL, "expected at least one peer, got none");
		check_codecs(r, t->codecs, &t->codec_count);
		check_ptime(r, &t->ptime_ms);
	}
	for (unsigned i = 0; i < c->agent_count; i++) {
		struct config_agent *a = &c->agents[i];
		if (a->display[0] == '\0')
			str_copy(a->display, sizeof(a->display), a->name);
		check_codecs(r, a->codecs, &a->codec_count);
		check_ptime(r, &a->ptime_ms);
	}
}

void config_check_tenants(struct config_read *r)
{
	const struct config *c = r->config;
	for (unsigned i = 0; i < c->pause_count; i++)
		if (c->pauses[i].text[0] == '\0')
			str_copy(c->pauses[i].text, CONFIG_PAUSE_MAX, c->pauses[i].name);
	check_peers(r);
	check_trunks_agents(r);
	if (c->prompt_count > PROMPTS_MAX)
		config_read_problem(r, &c->prompts, NULL, "expected at most %u prompts, got %u",
			PROMPTS_MAX, c->prompt_count);
}
