// IPv4 and IPv6: whoever is to be reached needs a listener and a media address of his own version.
#include "control/config/checks/checks.h"
#include "engine/base/str.h"

struct families {
	bool listen[2], media[2]; // IPv4, IPv6
};

static unsigned which(const struct addr *a)
{
	return a->family == ADDR_IP6;
}

static unsigned version(const struct addr *a)
{
	return a->family == ADDR_IP6 ? 6 : 4;
}

static void families_find(const struct config *c, struct families *f)
{
	*f = (struct families){0};
	for (unsigned i = 0; i < c->sip.listen_count; i++)
		if (c->sip.listen[i].address.family != ADDR_NONE)
			f->listen[which(&c->sip.listen[i].address)] = true;
	for (unsigned i = 0; i < c->engine.media_count; i++)
		if (c->engine.media[i].address.net.family != ADDR_NONE)
			f->media[which(&c->engine.media[i].address.net)] = true;
}

// What could not be read is told already, and nothing is made of it.
static bool families_told(const struct families *f)
{
	return (f->listen[0] || f->listen[1]) && (f->media[0] || f->media[1]);
}

typedef void say_fn(struct config_read *r, const void *slot, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool reached(const struct families *f, const struct config_prefix *p)
{
	return p->net.family == ADDR_NONE ||
		(f->listen[which(&p->net)] && f->media[which(&p->net)]);
}

static void say_prefix(
	struct config_read *r, const struct families *f, const struct config_prefix *p, say_fn *say)
{
	char ip[ADDR_TEXT_MAX];
	unsigned own = version(&p->net), other = own == 4 ? 6 : 4;
	if (!f->listen[which(&p->net)])
		say(r, p, NULL,
			"expected an IPv%u address or prefix, since sip.listen has IPv%u alone, "
			"got %s/%u: listen on an IPv%u address too",
			other, other, addr_text(&p->net, ip), p->bits, own);
	else
		say(r, p, NULL,
			"expected an IPv%u address or prefix, since engine.media has IPv%u alone, "
			"got %s/%u: add an IPv%u media address",
			other, other, addr_text(&p->net, ip), p->bits, own);
}

// A list that is the same for all of somebody's nodes may name some that are nobody here; one of
// which nobody is left is a mistake.
static void check_list(struct config_read *r, const struct families *f,
	const struct config_prefix *list, unsigned count)
{
	unsigned left = 0;
	for (unsigned i = 0; i < count; i++)
		left += reached(f, &list[i]);
	for (unsigned i = 0; i < count; i++)
		if (!reached(f, &list[i]))
			say_prefix(
				r, f, &list[i], left > 0 ? config_read_warn : config_read_problem);
}

// A trunk's RTP goes by one media address; a peer of the other version would hear 488.
static void check_trunk(
	struct config_read *r, const struct families *f, const struct config_trunk *t)
{
	const struct config_engine *e = &r->config->engine;
	const struct addr *media =
		t->media < e->media_count ? &e->media[t->media].address.net : NULL;
	char ip[ADDR_TEXT_MAX];
	if (media == NULL || media->family == ADDR_NONE || t->peer_count == 0)
		return;
	for (unsigned i = 0; i < t->peer_count; i++)
		if (!reached(f, &t->peers[i]) || t->peers[i].net.family == ADDR_NONE ||
			t->peers[i].net.family == media->family)
			return;
	config_read_warn(r, &t->media, NULL,
		"expected a media address of IPv%u like the peers, got %s of %s: calls whose RTP "
		"is of the other version get 488",
		version(&t->peers[0].net), addr_text(media, ip), e->media[t->media].name);
}

static void check_listen(
	struct config_read *r, const struct families *f, const struct config_listen *l)
{
	char ip[ADDR_TEXT_MAX];
	unsigned other = version(&l->address) == 4 ? 6 : 4;
	if (l->address.family != ADDR_NONE && !f->media[which(&l->address)])
		config_read_warn(r, l, NULL,
			"expected an IPv%u address, since engine.media has IPv%u alone, got %s: "
			"calls from there get 488 unless their RTP is IPv%u",
			other, other, addr_text(&l->address, ip), other);
}

void config_check_families(struct config_read *r)
{
	struct config *c = r->config;
	struct families f;
	families_find(c, &f);
	if (!families_told(&f))
		return;
	for (unsigned i = 0; i < c->sip.listen_count; i++)
		check_listen(r, &f, &c->sip.listen[i]);
	for (unsigned i = 0; i < c->trunk_count; i++) {
		check_list(r, &f, c->trunks[i].peers, c->trunks[i].peer_count);
		check_trunk(r, &f, &c->trunks[i]);
	}
	for (unsigned i = 0; i < c->agent_count; i++)
		check_list(r, &f, c->agents[i].from, c->agents[i].from_count);
}
