// The start's parts in its order: users, folders, ports, prompts, listeners.
#include "control/check/host.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/base/claim.h"
#include "control/config/read.h"
#include "control/config/files.h"
#include "control/media/gate.h"
#include "control/ops/socket_path.h"
#include "control/record/recorder.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

#define PORTS_OF_ROOT "/proc/sys/net/ipv4/ip_unprivileged_port_start"

// --- who ---

static bool have_capability(unsigned capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	return syscall(SYS_capget, &head, data) == 0 &&
		(data[capability / 32].effective >> capability % 32 & 1);
}

// Root, or a service's user with what the unit gives him, or one who needs nothing of it.
static bool is_starter(const struct config *c)
{
	if (geteuid() == 0 || have_capability(CAP_NET_ADMIN))
		return true;
	for (unsigned i = 0; i < c->engine.port_count; i++) {
		const char *kind = c->engine.ports[i].kind;
		if (!str_equal(kind, "null") && !str_equal(kind, "ring") &&
			!str_equal(kind, "memif"))
			return false;
	}
	return true;
}

static void check_user(struct config_read *r, struct check_host *h)
{
	const struct config_control *c = &r->config->control;
	struct privilege *p = &h->privilege;
	char error[512];
	bool group;
	if (c->user[0] == '\0')
		return;
	if (privilege_known(p, c, &group, error)) {
		config_read_problem(r, group ? c->group : c->user, NULL, "%s", error);
		*p = (struct privilege){.look = true};
		return;
	}
	if (privilege_find(p, c, error) != 0 || privilege_lower(p, error) != 0) {
		config_read_problem(r, c->user, NULL, "%s", error);
		*p = (struct privilege){.look = true};
	}
}

// --- prompts ---

static void check_prompts(struct config_read *r)
{
	const struct config *c = r->config;
	for (unsigned i = 0; i < c->prompt_count; i++) {
		const struct config_prompt *p = &c->prompts[i];
		char why[256], key[CONFIG_NAME_MAX + 16];
		if (p->file == NULL || media_prompt_look(p, why) == 0)
			continue;
		str_format(key, sizeof(key), "prompt %s", p->name);
		struct config_place at = {r->file, key, p->mark};
		config_problems_say(r->problems, &at, "%s: %s", p->file, why);
	}
}

// --- listeners ---

static unsigned ports_of_root(void)
{
	unsigned first = 1024;
	FILE *f = fopen(PORTS_OF_ROOT, "re");
	if (f == NULL)
		return first;
	if (fscanf(f, "%u", &first) != 1)
		first = 1024;
	fclose(f);
	return first;
}

// The engine's own taps bring their host's end with them.
static bool made_by_us(const struct config *c, const struct addr *a)
{
	for (unsigned i = 0; i < c->engine.port_count; i++)
		if (str_equal(c->engine.ports[i].kind, "tap") &&
			addr_same_ip(&c->engine.ports[i].host.net, a))
			return true;
	return false;
}

static void check_listen(struct config_read *r, const struct check_host *h)
{
	const struct config *c = r->config;
	char ip[ADDR_TEXT_MAX], text[160];
	bool may = geteuid() == 0 || h->privilege.some || have_capability(CAP_NET_BIND_SERVICE);
	for (unsigned i = 0; i < c->sip.listen_count; i++) {
		const struct config_listen *l = &c->sip.listen[i];
		if (l->address.family == ADDR_NONE)
			continue;
		if (!may && l->address.port < ports_of_root()) {
			str_format(text, sizeof(text),
				"expected a port from %u on, since the ones below are root's, got "
				"%u",
				ports_of_root(), l->address.port);
			check_host_say(r, h, l, text);
		}
		int err = made_by_us(c, &l->address) ? 0 : ua_look(l);
		struct addr a = l->address;
		a.port = 0;
		if (err == -EADDRNOTAVAIL || err == -EINVAL)
			config_read_problem(r, l, NULL,
				"expected an address that this host has (`ip address` shows them), "
				"or a "
				"tap port's host, got %s",
				addr_text(&a, ip));
		else if (err)
			config_read_problem(r, l, NULL,
				"expected an address that can be listened on, got %s: %s",
				addr_text(&a, ip), strerror(-err));
		else if (!h->beside && check_host_taken(l))
			config_read_problem(r, l, NULL,
				"expected a port that is free, got %s, where another program "
				"listens (`ss -lnp` shows it); stop that one, or name another port",
				addr_text(&l->address, ip));
	}
}

// --- limits ---

static void check_limits(struct config_read *r)
{
	char error[512];
	if (files_raise(r->config, error) < 0)
		config_read_problem(r, &r->config->recording.calls_max, NULL, "%s", error);
	else if (r->config->recording.calls_max > 0 && recorder_look(r->config, error) != 0)
		config_read_problem(r, &r->config->recording.calls_max, NULL, "%s", error);
}

void check_host(struct config_read *r, struct check_host *h)
{
	const struct config *c = r->config;
	char error[512];
	h->strict = is_starter(c);
	check_user(r, h);
	h->beside = socket_path_answers(c->control.socket) ||
		claim_look(c->store.directory, error) == -EBUSY;
	check_host_folders(r, h);
	check_limits(r);
	check_host_engine(r, h);
	check_prompts(r);
	check_listen(r, h);
	privilege_raise(&h->privilege, error);
}
