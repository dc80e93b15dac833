// Troubles that no call reports: looked for once a second, said once when they come and go.
#include "control/node_watch.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/eventlog.h"
#include "control/base/media_gate.h"
#include "control/base/timer.h"
#include "control/record/recorder.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

LOG_TOPIC("watch");

#define WATCH_MS 1000

static struct {
	struct timer timer;
	struct eventlog *log;
	struct recorder *recorder;
	bool gateway_lost[MEDIA_MAX], disk_full;
	int folder_error;
	uint64_t tap_lost, rx_missed;
	unsigned index; // of the address that watch_address looks at
} watch;

void watch_trouble(const char *topic, const char *text, bool over)
{
	if (over)
		log_info("%s: %s", topic, text);
	else
		log_error("%s: %s", topic, text);
	char *body = NULL;
	json_t *json = json_pack("{s:s,s:s,s:b}", "topic", topic, "text", text, "over", over);
	if (json != NULL)
		body = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (body != NULL)
		eventlog_append(watch.log, EVENT_TROUBLE, "", NULL, body);
	free(body);
}

static void watch_address(const struct media_address_status *a, void *arg)
{
	unsigned i = watch.index++;
	bool lost = a->gateway.family != ADDR_NONE && !a->gateway_known;
	char gateway[ADDR_TEXT_MAX], text[256];
	if (i >= MEDIA_MAX || lost == watch.gateway_lost[i])
		return;
	watch.gateway_lost[i] = lost;
	str_format(text, sizeof(text), "media address %s: gateway %s %s", a->name,
		addr_text(&a->gateway, gateway),
		lost ? "does not answer; check cable, VLAN and address" : "answers again");
	watch_trouble("gateway", text, !lost);
}

static void watch_port(const struct media_port_status *p, void *arg)
{
	uint64_t *missed = arg;
	*missed += p->rx_missed + p->rx_nombuf;
}

static void watch_engine(void)
{
	uint64_t missed = 0, tap_lost = 0;
	char text[256];
	watch.index = 0;
	media_addresses(watch_address, NULL);
	media_ports(watch_port, &missed);
	for (unsigned i = 0; i < media_workers(); i++) {
		struct media_worker_status w;
		media_worker_status(i, &w);
		tap_lost += w.tap_lost;
	}
	if (missed > watch.rx_missed) {
		str_format(text, sizeof(text), "%llu packets were lost before the engine saw them",
			(unsigned long long)(missed - watch.rx_missed));
		watch_trouble("port", text, false);
	}
	if (tap_lost > watch.tap_lost) {
		str_format(text, sizeof(text),
			"%llu frames were not recorded: the recording disk is behind",
			(unsigned long long)(tap_lost - watch.tap_lost));
		watch_trouble("recording", text, false);
	}
	watch.rx_missed = missed;
	watch.tap_lost = tap_lost;
}

static void watch_disk(void)
{
	struct recorder_status r;
	recorder_status(watch.recorder, &r);
	if (r.disk_full == watch.disk_full)
		return;
	watch.disk_full = r.disk_full;
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
	if (r.folder_error == watch.folder_error)
		return;
	watch.folder_error = r.folder_error;
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
	watch_trouble("recording", text, r.folder_error == 0);
}

static void on_watch(void *arg)
{
	watch_engine();
	watch_disk();
	watch_folder();
	timer_start(&watch.timer, WATCH_MS, on_watch, NULL);
}

void watch_start(struct eventlog *log, struct recorder *recorder)
{
	memset(&watch, 0, sizeof(watch));
	watch.log = log;
	watch.recorder = recorder;
	timer_start(&watch.timer, WATCH_MS, on_watch, NULL);
}

void watch_stop(void)
{
	timer_cancel(&watch.timer);
}
