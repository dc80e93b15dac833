// What must hold between SIP listeners and limits, and which folders may be named.
#include "control/base/config_check.h"
#include "engine/base/str.h"

static void check_listen(struct config_read *r)
{
	const struct config_sip *s = &r->config->sip;
	if (s->listen != NULL && s->listen_count == 0)
		config_read_problem(
			r, &s->listen_count, NULL, "expected at least one listener, got none");
	for (unsigned i = 0; i < s->listen_count; i++) {
		char ip[ADDR_TEXT_MAX];
		for (unsigned j = 0; j < i; j++)
			if (s->listen[i].tcp == s->listen[j].tcp &&
				s->listen[i].address.family != ADDR_NONE &&
				addr_equal(&s->listen[i].address, &s->listen[j].address))
				config_read_problem(r, &s->listen[i], NULL,
					"expected each listener once, got %s again",
					addr_text(&s->listen[i].address, ip));
	}
}

static void check_absolute(struct config_read *r, const char *path)
{
	if (*path != '\0' && *path != '/')
		config_read_problem(r, path, NULL, "expected an absolute path, got '%s'", path);
}

void config_check_sip(struct config_read *r)
{
	const struct config *c = r->config;
	check_listen(r);
	if (c->sip.register_min_s > c->sip.register_max_s)
		config_read_problem(r, &c->sip.register_min_s, NULL,
			"expected at most register_max (%us), got %us", c->sip.register_max_s,
			c->sip.register_min_s);
	check_absolute(r, c->recording.directory);
	check_absolute(r, c->store.directory);
	check_absolute(r, c->control.socket);
}
