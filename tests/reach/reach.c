// An engine alone in its namespace, without control: answers ARP, ND and ping, and sends RTP
// back to where it came from, until SIGTERM or for a minute.
// usage: reach KIND DEVICE WORKERS [PROGRAM], with 1 or 2 workers; PROGRAM: of XDP, for
// an interface that the host uses too. Then there is a media address in VLAN 7 besides.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/str.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "tests/unit/engine/session_double.h"

static enum port_kind kind_of(const char *name)
{
	if (strcmp(name, "af_packet") == 0)
		return PORT_AF_PACKET;
	if (strcmp(name, "af_xdp") == 0)
		return PORT_AF_XDP;
	return PORT_TAP;
}

static struct engine_media *medium(struct engine_config *c, const char *ip, unsigned bits)
{
	struct engine_media *m = &c->medium[c->media++];

	str_copy(m->name, sizeof(m->name), ip);
	addr_parse(ip, &m->ip);
	m->bits = (uint8_t)bits;
	m->dscp = 46;
	m->rtp_min = 20000;
	m->rtp_max = 29999;
	return m;
}

static void shared(struct engine_config *c, const char *program)
{
	str_format(c->port[0].extra, sizeof(c->port[0].extra), "xdp_prog=%s", program);
	medium(c, "10.98.0.2", 24)->vlan = 7;
}

static void show(struct engine *e, unsigned workers)
{
	struct gate_worker w;
	struct gate_port p;

	for (unsigned i = 0; i < workers; i++) {
		uint64_t drops = 0;

		gate_worker_read(engine_gate(e), i, &w);
		for (unsigned k = 0; gate_drop_name(k); k++) {
			drops += w.drops[k];
			if (w.drops[k])
				printf("worker %u %s %llu\n", i, gate_drop_name(k),
					(unsigned long long)w.drops[k]);
		}
		printf("worker %u received %llu delivered %llu dropped %llu handed %llu sent %llu "
		       "unsent %llu gaps %llu busy %u\n",
			i, (unsigned long long)w.rx_packets, (unsigned long long)w.delivered,
			(unsigned long long)drops, (unsigned long long)w.handed_over,
			(unsigned long long)w.tx_packets, (unsigned long long)w.tx_drops,
			(unsigned long long)w.host_gaps, w.busy_permille);
		if (w.rx_packets != w.delivered + drops)
			printf("worker %u UNEXPLAINED\n", i);
	}
	gate_port_read(engine_gate(e), 0, &p);
	printf("port %s %s %s up %d\n", p.name, p.kind, p.mac, p.up);
}

int main(int argc, char **argv)
{
	static struct engine_config c = {.sessions = 1000, .ports = 1, .cores = {-1, -1, -1, -1}};
	char error[ENGINE_ERROR_MAX];
	struct engine *e;

	struct timespec minute = {.tv_sec = 60};
	sigset_t ends;

	if (argc < 4)
		return 2;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	c.workers = argv[3][0] == '2' ? 2 : 1;
	str_copy(c.port[0].name, sizeof(c.port[0].name), "media0");
	c.port[0].kind = kind_of(argv[1]);
	str_copy(c.port[0].device, sizeof(c.port[0].device), argv[2]);
	addr_parse("fd99::1", &c.port[0].host_ip); // the IPv4 one is given by the test
	c.port[0].host_bits = 64;
	medium(&c, "10.99.0.2", 24);
	medium(&c, "fd99::2", 64);
	if (argc > 4)
		shared(&c, argv[4]);
	double_port = 28000; // in the second of two workers' range
	double_echo = true;
	if (engine_start(&c, &e, error) != 0) {
		printf("%s\n", error);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (sigtimedwait(&ends, NULL, &minute) < 0 && errno == EINTR) // SIGCONT
		;
	show(e, c.workers);
	engine_stop(e);
	return 0;
}
