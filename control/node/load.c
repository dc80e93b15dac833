// The node's load: counters of workers, ports and kernel go into load.h's arithmetic, and what it
// decides goes to the user agent.
#include "control/node/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/media/gate.h"
#include "control/base/timer.h"
#include "control/node/watch.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"

#define STAT_STEPS 5 // samples between two looks at /proc/stat, whose ticks are 10 ms

static uint64_t refused(const struct ua *ua)
{
	struct ua_counts counts;
	ua_counts(ua, &counts);
	return counts.overload;
}

// "cpu3 user nice system idle iowait irq softirq steal …"
static void stat_line(struct node_load *n, const char *line, unsigned worker)
{
	struct load_cpu *c = &n->cpu[worker];
	char *at = strchr(line, ' ');
	*c = (struct load_cpu){0};
	for (unsigned column = 0; column < 8 && at != NULL; column++) {
		uint64_t ticks = strtoull(at, &at, 10);
		c->all += ticks;
		if (column == 7)
			c->steal = ticks;
	}
}

static void stat_read(struct node_load *n, const unsigned *cpus)
{
	char *text = n->text;
	ssize_t len = pread(n->stat, text, sizeof(n->text) - 1, 0);
	if (len <= 0)
		return;
	text[len] = '\0';
	for (const char *line = text; str_starts(line, "cpu"); line = strchr(line, '\n') + 1) {
		if (strchr(line, '\n') == NULL)
			return;
		for (unsigned i = 0; i < n->load.workers; i++)
			if (line[3] != ' ' && strtoul(line + 3, NULL, 10) == cpus[i])
				stat_line(n, line, i);
	}
}

static void sample_port(const struct media_port_status *p, void *arg)
{
	struct load_sample *s = arg;
	s->rx_packets += p->rx_packets;
	s->rx_missed += p->rx_missed + p->rx_nombuf;
}

static void sample(struct node_load *n, struct load_sample *s)
{
	unsigned cpus[WORKERS_MAX];
	s->at_ms = timers_now_ms(n->env.timers);
	media_ports(n->env.media, sample_port, s);
	for (unsigned i = 0; i < n->load.workers; i++) {
		struct media_worker_status w;
		media_worker_status(n->env.media, i, &w);
		cpus[i] = w.cpu;
		s->worker[i].busy_ns = w.busy_ns;
		s->worker[i].gap_ns = w.host_gap_ns;
		s->worker[i].watched_ns = w.watched_ns;
		s->worker[i].taken_ns = w.taken_ns;
		memcpy(s->worker[i].late, w.late, sizeof(w.late));
	}
	if (n->steps++ % STAT_STEPS == 0)
		stat_read(n, cpus);
	for (unsigned i = 0; i < n->load.workers; i++) {
		s->worker[i].steal = n->cpu[i].steal;
		s->worker[i].cpu = n->cpu[i].all;
	}
}

// The sign's figure, where refusing begins and where all are refused: what it is, and how many of
// its thousandths.
static void sign_put(const struct load_limits *l, char text[192], const char *is, const char *unit,
	const unsigned figures[2])
{
	unsigned from = figures[1] * l->from_percent / 100;

	str_format(text, 192, "%s %u.%u%s, calls are refused from %u.%u%s on, all of them at %u%s",
		is, figures[0] / 1000, figures[0] / 100 % 10, unit, from / 1000, from / 100 % 10,
		unit, figures[1] / 1000, unit);
}

static void sign_text(const struct load *l, char text[192])
{
	const struct load_limits *limits = &l->limits;
	struct load_figures most = {0};
	for (unsigned i = 0; i < l->workers; i++)
		if (l->worker[i].percent > most.percent)
			most = l->worker[i];
	switch (l->sign) {
	case LOAD_LATE:
		sign_put(limits, text, "packets leave late by", " ms",
			(const unsigned[]){most.late_us, limits->late_ms * 1000});
		break;
	case LOAD_MISSED:
		sign_put(limits, text, "packets are lost before the engine sees them:", " of 1000",
			(const unsigned[]){
				l->missed_permille * 1000, limits->missed_permille * 1000});
		break;
	default:
		sign_put(limits, text, "of the time that a worker has it is busy for", " %",
			(const unsigned[]){most.used_permille * 100, limits->busy_percent * 1000});
	}
}

static void turn_overload(struct node_load *n)
{
	char text[256], why[192];
	if (n->load.overload.stands) {
		n->refused = refused(n->env.ua);
		sign_text(&n->load, why);
		str_format(text, sizeof(text), "new calls are refused: %s", why);
	} else {
		str_format(text, sizeof(text), "all new calls are taken again, %llu were refused",
			(unsigned long long)(refused(n->env.ua) - n->refused));
	}
	ua_overloaded(n->env.ua, n->load.overload.stands);
	watch_trouble(n->env.watch, "overload", text, !n->load.overload.stands);
}

static void turn_stolen(const struct node_load *n)
{
	char text[256];
	unsigned percent = n->load.stolen_micro / 10000;
	if (!n->load.stolen.stands)
		str_format(text, sizeof(text), "host and interrupts take %u %% of a worker's time",
			percent);
	else
		str_format(text, sizeof(text),
			"host and interrupts take %u %% of a worker's time (engine.load_stolen: "
			"%u): no call is refused for that, but sound may come late",
			percent, n->load.limits.stolen_percent);
	watch_warning(n->env.watch, "stolen", text, !n->load.stolen.stands);
}

static void on_step(void *arg)
{
	struct node_load *n = arg;
	sample(n, load_fill(&n->load));
	unsigned turns = load_take(&n->load);
	if (turns & LOAD_TURN_OVERLOAD)
		turn_overload(n);
	if (turns & LOAD_TURN_STOLEN)
		turn_stolen(n);
	ua_overload(n->env.ua, n->load.refuse_percent);
	timer_start(n->env.timers, &n->timer, LOAD_STEP_MS, on_step, n);
}

void node_load_start(
	struct node_load *n, const struct config *config, const struct node_load_env *env)
{
	memset(n, 0, sizeof(*n));
	n->env = *env;
	load_init(&n->load, media_workers(n->env.media));
	node_load_configure(n, config);
	n->stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	timer_start(n->env.timers, &n->timer, LOAD_STEP_MS, on_step, n);
}

void node_load_configure(struct node_load *n, const struct config *config)
{
	n->load.limits = config->engine.load;
}

void node_load_stop(struct node_load *n)
{
	timer_cancel(&n->timer);
	if (n->stat >= 0)
		close(n->stat);
}
