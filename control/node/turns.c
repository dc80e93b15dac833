// What changes a node that runs: signals, draining, a new configuration.
#include "control/node/node.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/base/body.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/base/loop.h"
#include "control/media/gate.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/node/bounds.h"
#include "control/node/files.h"
#include "control/node/load.h"
#include "control/node/service.h"
#include "control/node/state.h"
#include "control/ops/ops.h"
#include "control/node/reload.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"

LOG_TOPIC("node");

static void end(struct node *n)
{
	n->ending = true;
	loop_stop();
}

static void on_drained(void *arg)
{
	struct node *n = arg;
	if (n->ending)
		return;
	log_info("drained: no call is left");
	end(n);
}

static void on_drain_limit(void *arg)
{
	struct node *n = arg;
	log_warn("drain limit reached: calls in progress end now calls=%u", calls_count(n->calls));
	end(n);
}

static struct body *tell_who(struct body *b, const struct ops_who *who)
{
	body_begin(b);
	ops_who_tell(who, b);
	return b;
}

static void tell_drain(struct node *n, const struct ops_who *who, unsigned limit_s)
{
	struct body body, *b = tell_who(&body, who);
	body_u64(b, "open_calls", calls_count(n->calls));
	if (limit_s > 0)
		body_u64(b, "limit_ms", limit_s * 1000ull);
	eventlog_append(n->log, EVENT_DRAIN, "", NULL, body_end(b));
}

static void tell_loaded(
	struct node *n, const struct ops_who *who, const struct config_difference *d)
{
	struct body body, *b = tell_who(&body, who);
	body_text(b, "file", n->config->file);
	body_u64(b, "added", d->added);
	body_u64(b, "removed", d->removed);
	body_u64(b, "changed", d->changed);
	eventlog_append(n->log, EVENT_CONFIG_LOADED, "", NULL, body_end(b));
	log_info("configuration reloaded: file=%s added=%u removed=%u changed=%u", n->config->file,
		d->added, d->removed, d->changed);
}

void node_drain(struct node *n, const struct ops_who *who)
{
	if (n->draining)
		return;
	n->draining = true;
	unsigned limit_s = n->config->control.drain_limit_s;
	log_info("draining: no new calls are taken calls=%u limit_s=%u", calls_count(n->calls),
		limit_s);
	tell_drain(n, who, limit_s);
	ua_drain(n->ua, true);
	if (limit_s > 0)
		timer_start(
			&n->timers, &n->drain_limit, (uint64_t)limit_s * 1000, on_drain_limit, n);
	calls_drain(n->calls, on_drained, n);
	service_turned(&n->service);
}

int node_drain_cancel(struct node *n, const struct ops_who *who)
{
	struct body body, *b;

	if (!n->draining)
		return -EALREADY;
	if (n->ending)
		return -EBUSY;
	if (n->service.stops)
		return -EPERM;
	n->draining = false;
	timer_cancel(&n->drain_limit);
	calls_drain(n->calls, NULL, NULL);
	ua_drain(n->ua, false);
	b = tell_who(&body, who);
	body_u64(b, "open_calls", calls_count(n->calls));
	body_bool(b, "cancelled", true);
	eventlog_append(n->log, EVENT_DRAIN, "", NULL, body_end(b));
	log_info("the drain is taken back: new calls are taken again calls=%u",
		calls_count(n->calls));
	service_turned(&n->service);
	return 0;
}

bool node_is_draining(const struct node *n)
{
	return n->draining;
}

static void adopt(struct node *n, const struct reload_result *r)
{
	struct config *old = n->config;
	char error[512];

	n->config = r->config;
	media_prompts_publish(n->media, r->prompts);
	media_configure(n->media, n->config);
	calls_configure(n->calls, n->config);
	ua_configure(n->ua, n->config);
	node_load_configure(&n->load, n->config);
	ops_configure(n->ops, n->config);
	const struct eventlog_options log = node_log_options(n->config);
	eventlog_configure(n->log, &log);
	const struct store_bounds bounds = node_store_bounds(n->config);
	store_bound(n->store, &bounds);
	recall_more(&n->recall);
	if (node_files_share(n->ua, n->config, &n->files, error) != 0)
		log_error("%s", error);
	config_release(old); // calls in progress hold it for themselves
	tell_loaded(n, &n->reload_by, &r->difference);
}

static void on_reloaded(const struct reload_result *r, void *arg)
{
	struct node *n = arg;
	struct reload_result result = *r;

	if (!r->error)
		result.error = ua_prepare(n->ua, r->config);
	if (!result.error)
		adopt(n, r);
	else
		reload_say_why(&result);
	if (result.error && !r->error) {
		media_prompts_free(r->prompts);
		config_release(r->config);
	}
	service_reloaded(&n->service, !result.error);
	if (n->reloaded != NULL)
		n->reloaded(result.error, r->problems ? r->problems : "", n->reloaded_arg);
	n->reloaded = NULL;
	free(r->problems);
}

int node_reload(struct node *n, const struct ops_who *who,
	void (*done)(int error, const char *problems, void *arg), void *arg)
{
	int err = reload_start(&n->reload, n->config, on_reloaded, n);
	if (err)
		return err;
	n->reload_by = *who;
	n->reloaded = done;
	n->reloaded_arg = arg;
	service_reloading(&n->service);
	return 0;
}

// A second one ends the node; but a drain that an operator began has had none yet.
static void signal_again(struct node *n)
{
	if (service_manages(&n->service) && !n->service.stops) {
		n->service.stops = true;
		log_info("the service manager stops the node, which drains already");
		service_turned(&n->service);
		return;
	}
	log_warn("second signal: calls in progress end now");
	end(n);
}

void node_on_signal(int flags, void *arg)
{
	struct node *n = arg;
	struct signalfd_siginfo info;
	while (read(n->signals, &info, sizeof(info)) == sizeof(info)) {
		struct ops_who who = {"signal", info.ssi_uid, (int)info.ssi_pid};
		if (info.ssi_signo == SIGHUP) {
			if (node_reload(n, &who, NULL, NULL) != 0)
				log_warn("a reload is under way already");
		} else if (n->draining) {
			signal_again(n);
		} else {
			n->service.stops = service_manages(&n->service);
			node_drain(n, &who);
		}
	}
}
