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

static void end(void)
{
	node.ending = true;
	loop_stop();
}

static void on_drained(void *arg)
{
	if (node.ending)
		return;
	log_info("drained: no call is left");
	end();
}

static void on_drain_limit(void *arg)
{
	log_warn(
		"drain limit reached: calls in progress end now calls=%u", calls_count(node.calls));
	end();
}

static struct body *tell_who(struct body *b, const struct ops_who *who)
{
	body_begin(b);
	ops_who_tell(who, b);
	return b;
}

static void tell_drain(const struct ops_who *who, unsigned limit_s)
{
	struct body body, *b = tell_who(&body, who);
	body_u64(b, "open_calls", calls_count(node.calls));
	if (limit_s > 0)
		body_u64(b, "limit_ms", limit_s * 1000ull);
	eventlog_append(node.log, EVENT_DRAIN, "", NULL, body_end(b));
}

static void tell_loaded(const struct ops_who *who, const struct config_difference *d)
{
	struct body body, *b = tell_who(&body, who);
	body_text(b, "file", node.config->file);
	body_u64(b, "added", d->added);
	body_u64(b, "removed", d->removed);
	body_u64(b, "changed", d->changed);
	eventlog_append(node.log, EVENT_CONFIG_LOADED, "", NULL, body_end(b));
	log_info("configuration reloaded: file=%s added=%u removed=%u changed=%u",
		node.config->file, d->added, d->removed, d->changed);
}

void node_drain(const struct ops_who *who)
{
	if (node.draining)
		return;
	node.draining = true;
	unsigned limit_s = node.config->control.drain_limit_s;
	log_info("draining: no new calls are taken calls=%u limit_s=%u", calls_count(node.calls),
		limit_s);
	tell_drain(who, limit_s);
	ua_drain(true);
	if (limit_s > 0)
		timer_start(&node.drain_limit, (uint64_t)limit_s * 1000, on_drain_limit, NULL);
	calls_drain(node.calls, on_drained, NULL);
	service_turned();
}

int node_drain_cancel(const struct ops_who *who)
{
	struct body body, *b;

	if (!node.draining)
		return -EALREADY;
	if (node.ending)
		return -EBUSY;
	if (node.managed_stop)
		return -EPERM;
	node.draining = false;
	timer_cancel(&node.drain_limit);
	calls_drain(node.calls, NULL, NULL);
	ua_drain(false);
	b = tell_who(&body, who);
	body_u64(b, "open_calls", calls_count(node.calls));
	body_bool(b, "cancelled", true);
	eventlog_append(node.log, EVENT_DRAIN, "", NULL, body_end(b));
	log_info("the drain is taken back: new calls are taken again calls=%u",
		calls_count(node.calls));
	service_turned();
	return 0;
}

bool node_is_draining(void)
{
	return node.draining;
}

static void adopt(const struct reload_result *r)
{
	struct config *old = node.config;
	char error[512];

	node.config = r->config;
	media_prompts_publish(r->prompts);
	media_configure(node.config);
	calls_configure(node.calls, node.config);
	ua_configure(node.config);
	node_load_configure(node.config);
	ops_configure(node.config);
	const struct eventlog_options log = node_log_options(node.config);
	eventlog_configure(node.log, &log);
	const struct store_bounds bounds = node_store_bounds(node.config);
	store_bound(node.store, &bounds);
	if (node_files_share(node.config, error) != 0)
		log_error("%s", error);
	config_release(old); // calls in progress hold it for themselves
	tell_loaded(&node.reload_by, &r->difference);
}

static void on_reloaded(const struct reload_result *r, void *arg)
{
	struct reload_result result = *r;

	if (!r->error)
		result.error = ua_prepare(r->config);
	if (!result.error)
		adopt(r);
	else
		reload_say_why(&result);
	if (result.error && !r->error) {
		media_prompts_free(r->prompts);
		config_release(r->config);
	}
	service_reloaded(!result.error);
	if (node.reloaded != NULL)
		node.reloaded(result.error, r->problems ? r->problems : "", node.reloaded_arg);
	node.reloaded = NULL;
	free(r->problems);
}

int node_reload(const struct ops_who *who, void (*done)(int error, const char *problems, void *arg),
	void *arg)
{
	int err = reload_start(node.config, on_reloaded, NULL);
	if (err)
		return err;
	node.reload_by = *who;
	node.reloaded = done;
	node.reloaded_arg = arg;
	service_reloading();
	return 0;
}

// A second one ends the node; but a drain that an operator began has had none yet.
static void signal_again(void)
{
	if (service_manages() && !node.managed_stop) {
		node.managed_stop = true;
		log_info("the service manager stops the node, which drains already");
		service_turned();
		return;
	}
	log_warn("second signal: calls in progress end now");
	end();
}

void node_on_signal(int flags, void *arg)
{
	struct signalfd_siginfo info;
	while (read(node.signals, &info, sizeof(info)) == sizeof(info)) {
		struct ops_who who = {"signal", info.ssi_uid, (int)info.ssi_pid};
		if (info.ssi_signo == SIGHUP) {
			if (node_reload(&who, NULL, NULL) != 0)
				log_warn("a reload is under way already");
		} else if (node.draining) {
			signal_again();
		} else {
			node.managed_stop = service_manages();
			node_drain(&who);
		}
	}
}
