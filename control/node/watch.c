// Troubles that no call reports: looked for once a second, said once when they come and go.
#include "control/node/watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "control/media/gate.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

#define WATCH_MS  1000
#define START	  5  // looks from the start: links and gateways may only now come up
#define LINK_DOWN 2  // looks in a row: a renegotiation is none
#define CALM	  10 // looks without a loss, and it is over

void watch_trouble(struct watch *w, const char *topic, const char *text, bool over)
{
	(over ? trouble_over : trouble_begins)(&w->troubles, topic, "", text);
}

void watch_warning(struct watch *w, const char *topic, const char *text, bool over)
{
	(over ? trouble_over : trouble_warns)(&w->troubles, topic, "", text);
}

void watch_past(struct watch *w, const char *topic, const char *text)
{
	trouble_past(&w->troubles, topic, "", text);
}

static void watch_address(const struct media_address_status *a, void *arg)
{
	struct watch *w = arg;
	bool lost = a->gateway.family != ADDR_NONE && !a->gateway_known;
	char gateway[ADDR_TEXT_MAX], text[256];

	if (lost && w->looks < START)
		return;
	str_format(text, sizeof(text), "media address %s: gateway %s %s", a->name,
		addr_text(&a->gateway, gateway),
		lost ? "does not answer; check cable, VLAN and address" : "answers again");
	(lost ? trouble_begins : trouble_over)(&w->troubles, "gateway", a->name, text);
}

struct loss_words {
	const char *topic, *name, *what;
};

// A loss begins with its first second and is over after some without.
static void watch_loss(
	struct watch *w, struct watch_loss *l, uint64_t count, const struct loss_words *of)
{
	const char *topic = of->topic, *name = of->name, *what = of->what;
	char text[256];

	if (count > l->seen) {
		if (!trouble_stands(&w->troubles, topic, name))
			l->began = l->seen;
		str_format(
			text, sizeof(text), "%llu %s", (unsigned long long)(count - l->seen), what);
		trouble_begins(&w->troubles, topic, name, text);
		l->calm = 0;
	} else if (++l->calm == CALM) {
		str_format(text, sizeof(text), "none for %d s: in all %llu %s", CALM,
			(unsigned long long)(count - l->began), what);
		trouble_over(&w->troubles, topic, name, text);
	}
	l->seen = count;
}

static void watch_link(struct watch *w, unsigned i, const struct media_port_status *p)
{
	char text[256];

	w->down[i] = p->up ? 0 : w->down[i] + 1;
	if (!p->up && (w->down[i] < LINK_DOWN || w->looks < START))
		return;
	str_format(text, sizeof(text), "port %s: %s", p->name,
		p->up ? "its link is up again"
		      : "its link is down, no media passes: check cable, switch and `ip link`");
	(p->up ? trouble_over : trouble_begins)(&w->troubles, "link", p->name, text);
}

bool watch_dark(const struct watch *w)
{
	unsigned down = 0;

	for (unsigned i = 0; i < w->index && i < PORTS_MAX; i++)
		down += w->looks >= START && w->down[i] >= LINK_DOWN;
	return w->index > 0 && down == w->index;
}

static void watch_port(const struct media_port_status *p, void *arg)
{
	struct watch *w = arg;
	unsigned i = w->index++;

	if (i >= PORTS_MAX)
		return;
	watch_link(w, i, p);
	watch_loss(w, &w->port[i], p->rx_missed + p->rx_nombuf,
		&(struct loss_words){
			"port", p->name, "packets were lost before the engine saw them"});
}

static void watch_engine(struct watch *w)
{
	uint64_t tap_lost = 0;

	w->looks++;
	media_addresses(w->media, watch_address, w);
	w->index = 0;
	media_ports(w->media, watch_port, w);
	for (unsigned i = 0; i < media_workers(w->media); i++) {
		struct media_worker_status s;
		media_worker_status(w->media, i, &s);
		tap_lost += s.tap_lost;
	}
	watch_loss(w, &w->tap, tap_lost,
		&(struct loss_words){"recording-behind", "",
			"frames were not recorded: the recording disk is behind"});
}

static void watch_disk(struct watch *w)
{
	struct recorder_status r;
	recorder_status(w->recorder, &r);
	watch_trouble(w, "recording",
		r.disk_full
			? "the recording disk is full: calls go on without recordings; make room"
			: "the recording disk has room again",
		!r.disk_full);
}

static void watch_folder(struct watch *w)
{
	struct recorder_status r;
	char text[256];
	recorder_status(w->recorder, &r);
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
	watch_trouble(w, "recording-folder", text, r.folder_error == 0);
}

static void on_watch(void *arg)
{
	struct watch *w = arg;
	watch_engine(w);
	watch_disk(w);
	watch_folder(w);
	timer_start(w->timers, &w->timer, WATCH_MS, on_watch, w);
}

void watch_open(struct watch *w, struct eventlog *log)
{
	*w = (struct watch){0};
	troubles_start(&w->troubles, log);
}

void watch_start(
	struct watch *w, struct recorder *recorder, struct media *media, struct timers *timers)
{
	w->media = media;
	w->timers = timers;
	w->recorder = recorder;
	timer_start(w->timers, &w->timer, WATCH_MS, on_watch, w);
}

void watch_stop(struct watch *w)
{
	timer_cancel(&w->timer);
	if (w->troubles.log != NULL)
		troubles_stop(&w->troubles);
}
