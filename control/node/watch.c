// Troubles that no call reports: looked for once a second, said once when they come and go.
#include "control/node/watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "control/media/gate.h"
#include "control/base/timer.h"
#include "control/eventlog/trouble.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

#define WATCH_MS  1000
#define START	  5  // looks from the start: links and gateways may only now come up
#define LINK_DOWN 2  // looks in a row: a renegotiation is none
#define CALM	  10 // looks without a loss, and it is over

struct loss { // of a counter that should stand still
	uint64_t seen, began;
	unsigned calm;
};

static struct {
	struct timer timer;
	struct troubles troubles;
	struct recorder *recorder;
	struct loss port[PORTS_MAX], tap;
	unsigned down[PORTS_MAX]; // looks in a row
	unsigned looks;
	unsigned index; // of the port that is looked at
} watch;

void watch_trouble(const char *topic, const char *text, bool over)
{
	(over ? trouble_over : trouble_begins)(&watch.troubles, topic, "", text);
}

void watch_warning(const char *topic, const char *text, bool over)
{
	(over ? trouble_over : trouble_warns)(&watch.troubles, topic, "", text);
}

void watch_past(const char *topic, const char *text)
{
	trouble_past(&watch.troubles, topic, "", text);
}

static void watch_address(const struct media_address_status *a, void *arg)
{
	bool lost = a->gateway.family != ADDR_NONE && !a->gateway_known;
	char gateway[ADDR_TEXT_MAX], text[256];

	if (lost && watch.looks < START)
		return;
	str_format(text, sizeof(text), "media address %s: gateway %s %s", a->name,
		addr_text(&a->gateway, gateway),
		lost ? "does not answer; check cable, VLAN and address" : "answers again");
	(lost ? trouble_begins : trouble_over)(&watch.troubles, "gateway", a->name, text);
}

// A loss begins with its first second and is over after some without.
static void watch_loss(
	struct loss *l, uint64_t count, const char *topic, const char *name, const char *what)
{
	char text[256];

	if (count > l->seen) {
		if (!trouble_stands(&watch.troubles, topic, name))
			l->began = l->seen;
		str_format(
			text, sizeof(text), "%llu %s", (unsigned long long)(count - l->seen), what);
		trouble_begins(&watch.troubles, topic, name, text);
		l->calm = 0;
	} else if (++l->calm == CALM) {
		str_format(text, sizeof(text), "none for %d s: in all %llu %s", CALM,
			(unsigned long long)(count - l->began), what);
		trouble_over(&watch.troubles, topic, name, text);
	}
	l->seen = count;
}

static void watch_link(unsigned i, const struct media_port_status *p)
{
	char text[256];

	watch.down[i] = p->up ? 0 : watch.down[i] + 1;
	if (!p->up && (watch.down[i] < LINK_DOWN || watch.looks < START))
		return;
	str_format(text, sizeof(text), "port %s: %s", p->name,
		p->up ? "its link is up again"
		      : "its link is down, no media passes: check cable, switch and `ip link`");
	(p->up ? trouble_over : trouble_begins)(&watch.troubles, "link", p->name, text);
}

bool watch_dark(void)
{
	unsigned down = 0;

	for (unsigned i = 0; i < watch.index && i < PORTS_MAX; i++)
		down += watch.looks >= START && watch.down[i] >= LINK_DOWN;
	return watch.index > 0 && down == watch.index;
}

static void watch_port(const struct media_port_status *p, void *arg)
{
	unsigned i = watch.index++;

	if (i >= PORTS_MAX)
		return;
	watch_link(i, p);
	watch_loss(&watch.port[i], p->rx_missed + p->rx_nombuf, "port", p->name,
		"packets were lost before the engine saw them");
}

static void watch_engine(void)
{
	uint64_t tap_lost = 0;

	watch.looks++;
	media_addresses(watch_address, NULL);
	watch.index = 0;
	media_ports(watch_port, NULL);
	for (unsigned i = 0; i < media_workers(); i++) {
		struct media_worker_status w;
		media_worker_status(i, &w);
		tap_lost += w.tap_lost;
	}
	watch_loss(&watch.tap, tap_lost, "recording-behind", "",
		"frames were not recorded: the recording disk is behind");
}

static void watch_disk(void)
{
	struct recorder_status r;
	recorder_status(watch.recorder, &r);
	watch_trouble("recording",
		r.disk_full
			? "the recording disk is full: calls go on without recordings; make room"
			: "the recording disk has room again",
		!r.disk_full);
}

static void watch_folder(void)
{
	struct recorder_status r;
	char text[256];
	recorder_status(watch.recorder, &r);
	if (r.folder_error == 0)
		str_copy(text, sizeof(text), "recordings can be written again");
	else if (r.folder_error == ENOENT)
		str_copy(text, sizeof(text),
			"the recording folder was removed: what was in it is lost");
	else
		str_format(text, sizeof(text),
			"the recording folder cannot be written: %s: calls go on without "
			"recordings",
			strerror(r.folder_error));
	watch_trouble("recording-folder", text, r.folder_error == 0);
}

static void on_watch(void *arg)
{
	watch_engine();
	watch_disk();
	watch_folder();
	timer_start(&watch.timer, WATCH_MS, on_watch, NULL);
}

void watch_open(struct eventlog *log)
{
	memset(&watch, 0, sizeof(watch));
	troubles_start(&watch.troubles, log);
}

void watch_start(struct recorder *recorder)
{
	watch.recorder = recorder;
	timer_start(&watch.timer, WATCH_MS, on_watch, NULL);
}

void watch_stop(void)
{
	timer_cancel(&watch.timer);
	if (watch.troubles.log != NULL)
		troubles_stop(&watch.troubles);
}
