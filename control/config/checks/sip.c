// What must hold between SIP listeners and limits, and which folders may be named.
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

#define LISTEN_MAX 32 // addresses; as control/sip/transport/stack.c has room for

// Two listeners that would ask the kernel for the same address twice.
static void check_two(
	struct config_read *r, const struct config_listen *l, const struct config_listen *other)
{
	char ip[ADDR_TEXT_MAX], theirs[ADDR_TEXT_MAX];
	const struct addr *a = &l->address, *b = &other->address;
	if (l->transport != other->transport || a->family == ADDR_NONE || a->family != b->family ||
		a->port != b->port)
		return;
	if (addr_equal(a, b))
		config_read_problem(
			r, l, NULL, "expected each listener once, got %s again", addr_text(a, ip));
	else if (addr_is_any(a) || addr_is_any(b))
		config_read_problem(r, l, NULL,
			"expected each listener once, got %s beside %s: one of them is every "
			"address",
			addr_text(a, ip), addr_text(b, theirs));
}

// Of the link alone: SIP's messages have no place for the interface.
static void check_scope(struct config_read *r, const struct config_listen *l)
{
	char ip[ADDR_TEXT_MAX];
	const struct addr *a = &l->address;
	if (addr_is_link_local(a))
		config_read_problem(r, l, NULL,
			"expected an address that is not of one link alone, got %s",
			addr_text(a, ip));
}

static unsigned addresses(const struct config_sip *s)
{
	unsigned count = 0;
	for (unsigned i = 0; i < s->listen_count; i++) {
		bool again = false;
		for (unsigned j = 0; j < i; j++)
			again |= s->listen[j].transport != s->listen[i].transport &&
				addr_same_ip(&s->listen[j].address, &s->listen[i].address);
		count += !again;
	}
	return count;
}

static void check_listen(struct config_read *r)
{
	const struct config_sip *s = &r->config->sip;
	if (s->listen != NULL && s->listen_count == 0)
		config_read_problem(
			r, &s->listen_count, NULL, "expected at least one listener, got none");
	for (unsigned i = 0; i < s->listen_count; i++) {
		check_scope(r, &s->listen[i]);
		for (unsigned j = 0; j < i; j++)
			check_two(r, &s->listen[i], &s->listen[j]);
	}
	if (s->listen != NULL && addresses(s) > LISTEN_MAX)
		config_read_problem(r, &s->listen_count, NULL,
			"expected at most %u addresses, got %u", LISTEN_MAX, addresses(s));
}

// Whoever makes it looks for its parent.
static void drop_slashes(char *folder)
{
	size_t len = strlen(folder);
	while (len > 1 && folder[len - 1] == '/')
		folder[--len] = '\0';
}

static void check_absolute(struct config_read *r, const char *path)
{
	if (*path != '\0' && *path != '/')
		config_read_problem(r, path, NULL, "expected an absolute path, got '%s'", path);
}

void config_check_sip(struct config_read *r)
{
	const struct config *c = r->config;
	drop_slashes(r->config->recording.directory);
	drop_slashes(r->config->store.directory);
	check_listen(r);
	if (c->sip.register_min_s > c->sip.register_max_s)
		config_read_problem(r, &c->sip.register_min_s, NULL,
			"expected at most register_max (%us), got %us", c->sip.register_max_s,
			c->sip.register_min_s);
	if (c->sip.session_expires_s && c->sip.session_expires_s < c->sip.min_se_s)
		config_read_problem(r, &c->sip.session_expires_s, NULL,
			"expected 0s or at least min_se (%us), got %us", c->sip.min_se_s,
			c->sip.session_expires_s);
	check_absolute(r, c->recording.directory);
	check_absolute(r, c->store.directory);
	check_absolute(r, c->control.socket);
	if (c->control.group[0] != '\0' && c->control.user[0] == '\0')
		config_read_warn(r, c->control.group, NULL,
			"expected a user beside it, since a group alone changes nothing, got none");
}
