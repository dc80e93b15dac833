// What must hold of trunks that calls go out through.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

// Carriers have no more addresses than that.
#define PEER_BITS_4 16
#define PEER_BITS_6 32

static bool has_listener(const struct config *c, const struct config_listen *target)
{
	for (unsigned i = 0; i < c->sip.listen_count; i++) {
		const struct config_listen *l = &c->sip.listen[i];
		if (l->transport == target->transport &&
			l->address.family == target->address.family)
			return true;
	}
	return c->sip.listen_count == 0; // told already
}

static void check_target(struct config_read *r, const struct config_listen *target)
{
	char ip[ADDR_TEXT_MAX];
	const struct addr *a = &target->address;
	if (a->family == ADDR_NONE)
		return;
	if (addr_is_any(a))
		config_read_problem(r, target, NULL, "expected the address of one host, got %s",
			addr_text(a, ip));
	else if (!has_listener(r->config, target))
		config_read_problem(r, target, NULL,
			"expected a target that some listener of sip.listen can send to, got "
			"%s:%s",
			transport_of(target->transport)->name, addr_text(a, ip));
}

// Both stand in quotes, in a header.
static void check_user(struct config_read *r, const struct config_out *o)
{
	if (strpbrk(o->user, "\"\\\r\n") != NULL)
		config_read_problem(r, o->user, NULL,
			"expected a user without quotes and backslashes, got '%s'", o->user);
	if (*o->user != '\0' && *o->password == '\0')
		config_read_problem(
			r, o->password, NULL, "expected a password beside user, got none");
	if (*o->password != '\0' && *o->user == '\0')
		config_read_problem(r, o->user, NULL, "expected a user beside password, got none");
}

static void check_register(struct config_read *r, const struct config_out *o)
{
	if (o->registers && (*o->user == '\0' || o->target_count == 0))
		config_read_problem(r, &o->registers, NULL,
			"expected targets, user and password beside register, got %s",
			o->target_count ? "no user" : "no targets");
}

static void check_domain(struct config_read *r, const char *domain)
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-.:[]";
	if (domain[strspn(domain, host)] != '\0')
		config_read_problem(
			r, domain, NULL, "expected a host's name or address, got '%s'", domain);
}

static void check_caller(struct config_read *r, const struct config_trunk *t)
{
	char normal[NUMBER_TEXT_MAX];
	number_normal(&t->tenant->plan, t->out.caller, normal);
	if (*normal != '\0' && !config_owns_number(r->config, t->tenant, normal))
		config_read_problem(r, t->out.caller, NULL,
			"expected one of the tenant's numbers, got '%s'", t->out.caller);
}

static void check_rewrites(struct config_read *r, const struct config_out *o)
{
	for (unsigned i = 0; i < o->rewrite_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (str_equal(o->rewrites[i].strip, o->rewrites[j].strip))
				config_read_problem(r, &o->rewrites[i], NULL,
					"expected each beginning once, got '%s' again",
					o->rewrites[i].strip);
}

// The voice is there before anybody knows which of them takes the call.
static void check_failover(struct config_read *r, const struct config_trunk *t)
{
	for (unsigned i = 0; i < t->out.failover_count; i++) {
		const struct config_trunk *other = t->out.failover[i];
		if (other == NULL)
			continue;
		if (other == t || other->out.target_count == 0)
			config_read_problem(r, &t->out.failover[i], NULL,
				"expected another trunk that has targets, got '%s'", other->name);
		else if (other->media != t->media)
			config_read_problem(r, &t->out.failover[i], NULL,
				"expected a trunk with the same media address, got '%s'",
				other->name);
	}
}

// Who may call us is answered, believed and counted as the carrier.
static void check_width(struct config_read *r, const struct config_trunk *t)
{
	for (unsigned i = 0; i < t->peer_count; i++) {
		const struct config_prefix *p = &t->peers[i];
		int least = p->net.family == ADDR_IP4 ? PEER_BITS_4 : PEER_BITS_6;
		char ip[ADDR_TEXT_MAX];
		if (p->net.family != ADDR_NONE && p->bits < least)
			config_read_warn(r, p, NULL,
				"expected the carrier's own addresses, a prefix of /%d or longer, "
				"got %s/%d: whoever calls from there is taken for the carrier",
				least, addr_text(&p->net, ip), p->bits);
	}
}

void config_check_out(struct config_read *r)
{
	for (unsigned i = 0; i < r->config->trunk_count; i++) {
		const struct config_trunk *t = &r->config->trunks[i];
		for (unsigned k = 0; k < t->out.target_count; k++)
			check_target(r, &t->out.targets[k]);
		check_user(r, &t->out);
		check_register(r, &t->out);
		check_domain(r, t->out.domain);
		check_caller(r, t);
		check_rewrites(r, &t->out);
		check_failover(r, t);
		check_width(r, t);
	}
}
