// Takes and gives back what a run needs: memory, sockets, sounds.
#include "bench/ringload/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/ringload/wire/guard.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define SIP_PORT 5060

static int setup_addresses(struct load *l, char error[256])
{
	const struct profile *p = l->profile;
	const char *why;

	if (addr_parse(p->target, &l->target) || addr_parse(p->local, &l->local) ||
		l->target.family != l->local.family) {
		str_copy(error, 256, "target, local: addresses of one family, like 10.0.0.1:5060");
		return -EINVAL;
	}
	if (l->target.port == 0)
		l->target.port = SIP_PORT;
	if (!p->owned && !guard_allows(&l->target, &why)) {
		str_format(error, 256,
			"target %s: %s; loads go to loopback, to this machine's addresses or into "
			"a closed network namespace, unless --i-own-this-target is given",
			p->target, why);
		return -EPERM;
	}
	struct addr plain = l->local;
	plain.port = 0;
	addr_text(&plain, l->local_ip);
	addr_text(&l->target, l->target_text);
	return 0;
}

static int setup_sockets(struct load *l, char error[256])
{
	const struct profile *p = l->profile;
	struct addr local = l->local;
	int err;

	l->sip_fd = socket_open(&local);
	if (l->sip_fd < 0) {
		str_format(error, 256, "local %s: %s", p->local, strerror(-l->sip_fd));
		return l->sip_fd;
	}
	if (p->port[0] == '\0') {
		str_copy(l->media_ip, sizeof(l->media_ip), l->local_ip);
		return media_port_sockets(&l->port, p, &local, error);
	}
	err = media_port_dpdk(&l->port, p, error);
	str_copy_n(l->media_ip, sizeof(l->media_ip), p->media, strcspn(p->media, "/"));
	return err;
}

static int setup_memory(struct load *l)
{
	const struct profile *p = l->profile;

	l->places = p->calls + p->agents;
	l->calls = calloc(l->places + 1, sizeof(*l->calls));
	l->agents = calloc(p->agents + 1, sizeof(*l->agents));
	l->notes = calloc(p->calls_total + 1, sizeof(*l->notes));
	l->free_places = calloc(l->places + 1, sizeof(*l->free_places));
	l->inbox = socket_inbox_new();
	if (!l->calls || !l->agents || !l->notes || !l->free_places || !l->inbox)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->places; i++) {
		struct call *c = &l->calls[i];

		c->index = c->stream.id = i;
		c->stream.path.line = (uint16_t)(i % p->rtp_sockets);
	}
	for (uint32_t i = p->calls; i > 0; i--)
		l->free_places[l->free_count++] = i - 1;
	int err = hash_init(&l->desk.remotes, l->places + 1);

	return err ? err : hash_init(&l->dialogs, p->agents + 1);
}

// Without a bound of its own a load has that of its rate.
static void setup_total(struct profile *p)
{
	if (p->calls_total == 0)
		p->calls_total = (uint32_t)(p->rate * p->duration_ms / 1000) + 1;
	if (p->calls_total > 1000000)
		p->calls_total = 1000000;
}

int load_init(struct load *l, struct profile *p, char error[256])
{
	*l = (struct load){.profile = p, .sip_fd = -1};
	setup_total(p);
	rng_seed(&l->rng, p->seed);
	l->tag = rng_seed_os() >> 16;
	int err = setup_addresses(l, error);
	if (!err)
		err = sound_set_init(&l->sounds, p, error);
	if (!err)
		err = setup_sockets(l, error);
	if (err)
		return err;
	str_copy(error, 256, "no memory for so many calls");
	err = setup_memory(l);
	if (!err)
		err = tally_init(&l->tally);
	if (err)
		return err;
	str_copy(error, 256, "probe_cores: CPUs like 0,1; real-time priority needs root");
	err = gap_watch_init(&l->gaps, &l->tally, p->gap_ms, p->probe_cores);
	wheel_init(&l->wheel, load_now_ms());
	impair_init(&l->impair, p, &l->rng, load_now_ms());
	l->desk.profile = p;
	l->desk.sounds = &l->sounds;
	l->desk.tally = &l->tally;
	l->desk.port = l->port;
	l->desk.impair = &l->impair;
	l->desk.rng = &l->rng;
	return err;
}

void load_fini(struct load *l)
{
	gap_watch_fini(&l->gaps);
	impair_fini(&l->impair);
	if (l->sip_fd >= 0)
		close(l->sip_fd);
	if (l->port)
		l->port->driver->close(l->port);
	for (unsigned i = 0; i < 64; i++)
		free(l->slot[i].item);
	if (l->desk.remotes.buckets)
		hash_fini(&l->desk.remotes);
	if (l->dialogs.buckets)
		hash_fini(&l->dialogs);
	socket_inbox_free(l->inbox);
	tally_fini(&l->tally);
	sound_set_fini(&l->sounds);
	free(l->calls);
	free(l->agents);
	free(l->notes);
	free(l->free_places);
}
