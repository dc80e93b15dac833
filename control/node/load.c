// The node's load: counters of workers, ports and kernel go into load.h's arithmetic, and what it
// decides goes to the user agent.
#include "control/node/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/base/load.h"
#include "control/media/gate.h"
#include "control/base/timer.h"
#include "control/node/watch.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

#define STAT_STEPS 5 // samples between two looks at /proc/stat, whose ticks are 10 ms

struct cpu { // of /proc/stat
	uint64_t steal, all;
};

static struct {
	struct timer timer;
	struct load load;
	unsigned steps;
	int stat;
	struct cpu cpu[WORKERS_MAX]; // of each worker's
	uint64_t refused;	     // when the overload began
} node;

static uint64_t refused(void)
{
	struct ua_counts counts;
	ua_counts(&counts);
	return counts.overload;
}

// "cpu3 user nice system idle iowait irq softirq steal …"
static void stat_line(const char *line, unsigned worker)
{
	struct cpu *c = &node.cpu[worker];
	char *at = strchr(line, ' ');
	*c = (struct cpu){0};
	for (unsigned column = 0; column < 8 && at != NULL; column++) {
		uint64_t ticks = strtoull(at, &at, 10);
		c->all += ticks;
		if (column == 7)
			c->steal = ticks;
	}
}

static void stat_read(const unsigned *cpus)
{
	static char text[32768];
	ssize_t len = pread(node.stat, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return;
	text[len] = '\0';
	for (const char *line = text; str_starts(line, "cpu"); line = strchr(line, '\n') + 1) {
		if (strchr(line, '\n') == NULL)
			return;
		for (unsigned i = 0; i < node.load.workers; i++)
			if (line[3] != ' ' && strtoul(line + 3, NULL, 10) == cpus[i])
				stat_line(line, i);
	}
}

static void sample_port(const struct media_port_status *p, void *arg)
{
	struct load_sample *s = arg;
	s->rx_packets += p->rx_packets;
	s->rx_missed += p->rx_missed + p->rx_nombuf;
}

static void sample(struct load_sample *s)
{
	unsigned cpus[WORKERS_MAX];
	s->at_ms = timers_now_ms();
	media_ports(sample_port, s);
	for (unsigned i = 0; i < node.load.workers; i++) {
		struct media_worker_status w;
		media_worker_status(i, &w);
		cpus[i] = w.cpu;
		s->worker[i].busy_ns = w.busy_ns;
		s->worker[i].gap_ns = w.host_gap_ns;
		s->worker[i].watched_ns = w.watched_ns;
		s->worker[i].taken_ns = w.taken_ns;
		memcpy(s->worker[i].late, w.late, sizeof(w.late));
	}
	if (node.steps++ % STAT_STEPS == 0)
		stat_read(cpus);
	for (unsigned i = 0; i < node.load.workers; i++) {
		s->worker[i].steal = node.cpu[i].steal;
		s->worker[i].cpu = node.cpu[i].all;
	}
}

// The sign's figure, where refusing begins and where all are refused: what it is, and how many of
// its thousandths.
static void sign_put(char text[192], const char *is, const char *unit, const unsigned figures[2])
{
	unsigned from = figures[1] * node.load.limits.from_percent / 100;

	str_format(text, 192, "%s %u.%u%s, calls are refused from %u.%u%s on, all of them at %u%s",
		is, figures[0] / 1000, figures[0] / 100 % 10, unit, from / 1000, from / 100 % 10,
		unit, figures[1] / 1000, unit);
}

static void sign_text(char text[192])
{
	const struct load *l = &node.load;
	const struct load_limits *limits = &l->limits;
	struct load_figures most = {0};
	for (unsigned i = 0; i < l->workers; i++)
		if (l->worker[i].percent > most.percent)
			most = l->worker[i];
	switch (l->sign) {
	case LOAD_LATE:
		sign_put(text, "packets leave late by", " ms",
			(const unsigned[]){most.late_us, limits->late_ms * 1000});
		break;
	case LOAD_MISSED:
		sign_put(text, "packets are lost before the engine sees them:", " of 1000",
			(const unsigned[]){
				l->missed_permille * 1000, limits->missed_permille * 1000});
		break;
	default:
		sign_put(text, "of the time that a worker has it is busy for", " %",
			(const unsigned[]){most.used_permille * 100, limits->busy_percent * 1000});
	}
}

static void turn_overload(void)
{
	char text[256], why[192];
	if (node.load.overload.stands) {
		node.refused = refused();
		sign_text(why);
		str_format(text, sizeof(text), "new calls are refused: %s", why);
	} else {
		str_format(text, sizeof(text), "all new calls are taken again, %llu were refused",
			(unsigned long long)(refused() - node.refused));
	}
	ua_overloaded(node.load.overload.stands);
	watch_trouble("overload", text, !node.load.overload.stands);
}

static void turn_stolen(void)
{
	char text[256];
	unsigned percent = node.load.stolen_micro / 10000;
	if (!node.load.stolen.stands)
		str_format(text, sizeof(text), "host and interrupts take %u %% of a worker's time",
			percent);
	else
		str_format(text, sizeof(text),
			"host and interrupts take %u %% of a worker's time (engine.load_stolen: "
			"%u): no call is refused for that, but sound may come late",
			percent, node.load.limits.stolen_percent);
	watch_warning("stolen", text, !node.load.stolen.stands);
}

static void on_step(void *arg)
{
	sample(load_fill(&node.load));
	unsigned turns = load_take(&node.load);
	if (turns & LOAD_TURN_OVERLOAD)
		turn_overload();
	if (turns & LOAD_TURN_STOLEN)
		turn_stolen();
	ua_overload(node.load.refuse_percent);
	timer_start(&node.timer, LOAD_STEP_MS, on_step, NULL);
}

void node_load_start(const struct config *config)
{
	memset(&node, 0, sizeof(node));
	load_init(&node.load, media_workers());
	node_load_configure(config);
	node.stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	timer_start(&node.timer, LOAD_STEP_MS, on_step, NULL);
}

void node_load_configure(const struct config *config)
{
	node.load.limits = config->engine.load;
}

void node_load_stop(void)
{
	timer_cancel(&node.timer);
	if (node.stat >= 0)
		close(node.stat);
}

const struct load *node_load(void)
{
	return &node.load;
}
