// The floor: traffic with the router, and what it decides.
#include "control/queue/floor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/queue/floor_private.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

LOG_TOPIC("floor");

#define MAILBOX_SLOTS 4096
#define BATCH	      8 // answers in one go: an offer is an INVITE to be made

// --- what the router says ---

// In the queues that it serves, by its state.
static void agent_counts(const struct floor_agent *a, int by)
{
	for (unsigned i = 0; i < a->queue_count; i++) {
		a->queues[i].queue->ready += a->state == AGENT_READY ? by : 0;
		a->queues[i].queue->talking += a->state == AGENT_TALKING ? by : 0;
	}
}

// After-call work that goes on after a restart keeps the queue that the log has told of it.
static void works_for(const struct floor *f, struct floor_agent *a, const struct router_message *m)
{
	if (m->change.to == AGENT_OFFERED)
		str_copy(a->works_for, sizeof(a->works_for), f->queues[m->queue]->name);
	else if (m->change.to != AGENT_TALKING && m->change.to != AGENT_WRAP_UP)
		a->works_for[0] = '\0';
}

static void on_state(struct floor *f, const struct router_message *m)
{
	struct floor_agent *a = f->agents[m->agent];
	uint64_t now_ms = timers_now_ms(f->options.timers);
	enum agent_state before = a->state; // not always change.from: that one may have been lost
	bool works = m->change.to == AGENT_OFFERED || m->change.to == AGENT_TALKING;
	if (m->change.from == m->change.to && before == m->change.to &&
		a->offer == (works ? m->offer : 0))
		return; // it was asked for, and is no news
	if (a->state == AGENT_TALKING) {
		a->n.talked_ms += now_ms - a->since_ms;
		floor_agent_counted(f, a);
	}
	if (a->state == AGENT_BUSY && m->why == WHY_LAPSED)
		floor_held_forget(a);
	agent_counts(a, -1);
	a->state = m->change.to;
	agent_counts(a, 1);
	if (before == AGENT_SIGNED_OUT || m->change.to == AGENT_SIGNED_OUT)
		floor_lack_forget(f);
	if (!a->set_ticket)
		a->ready = m->change.ready;
	a->why = m->why;
	a->since_ms = now_ms;
	if (a->state == AGENT_AWAY || a->state == AGENT_SIGNED_OUT)
		a->out_ms = now_ms;
	a->ends_ms = m->change.for_ms ? now_ms + m->change.for_ms : 0;
	a->call = works ? m->call : 0;
	a->offer = works ? m->offer : 0;
	works_for(f, a, m);
	a->rung_ms = a->prompted_ms = 0;
	a->lease_ms = a->state == AGENT_TALKING ? now_ms + ROUTER_LEASE_TALK_MS : 0;
	if (a->state == AGENT_BUSY)
		a->lease_ms = floor_own_until(a);
	floor_held_state(f, a, before);
	floor_state_news(f, a, before);
}

static void on_offer(struct floor *f, const struct router_message *m)
{
	struct floor_agent *a = f->agents[m->agent];
	struct floor_queue *q = f->queues[m->queue];
	a->rung_ms = timers_now_ms(f->options.timers) + m->decision.ring_ms;
	a->lease_ms = a->rung_ms + ROUTER_LEASE_OFFER_MS;
	if (!a->ready) { // was set away while this was on its way
		floor_over(f, m->offer, WHY_SET);
		return;
	}
	a->n.offered++;
	q->n.offered++;
	floor_agent_counted(f, a);
	floor_queue_counted(f, q);
	f->options.answer(m, f->options.arg);
}

// Several agents may be rung by one decision: all of its offers are explained alike.
static void candidates_of(struct floor *f, const struct router_decision *d)
{
	if (f->candidates_of != 0 && f->candidates_of != d->number)
		f->candidates.count = 0;
	f->candidates_of = d->number;
}

static void on_done(struct floor *f, const struct router_message *m)
{
	if (m->command == ROUTER_SET && f->agents[m->agent]->set_ticket == m->ticket)
		f->agents[m->agent]->set_ticket = 0;
	if (m->command == ROUTER_JOIN)
		f->options.answer(m, f->options.arg);
	else if ((m->command == ROUTER_CONNECTED || m->command == ROUTER_ANSWERED) && m->error)
		floor_forget(f, m->call); // it lapsed meanwhile, and the caller went back
	if (m->error == -ENOMEM &&
		(m->command == ROUTER_QUEUE || m->command == ROUTER_RING ||
			m->command == ROUTER_MEMBER))
		f->queues[m->queue]->known = false;
	if (m->error == -ENOMEM && m->command == ROUTER_AGENT)
		f->agents[m->agent]->untold = true;
	if (m->error == -ENOMEM && (m->command == ROUTER_AGENT || m->command == ROUTER_SKILLS))
		f->agents[m->agent]->levels_unsure = true;
	if (m->error == -ENOMEM)
		floor_tell_again(f, m);
	else if (m->error && m->command != ROUTER_JOIN && m->command != ROUTER_LEAVE)
		log_debug("router refused: command=%u error=%s agent=%u", m->command,
			strerror(-m->error), m->agent);
}

static void answer(struct floor *f, const struct router_message *m)
{
	switch (m->kind) {
	case ROUTER_STATE:
		on_state(f, m);
		break;
	case ROUTER_CANDIDATES:
		f->candidates = m->candidates;
		f->candidates_of = 0;
		break;
	case ROUTER_OFFER:
		candidates_of(f, &m->decision);
		on_offer(f, m);
		break;
	case ROUTER_WIDENED:
		f->options.answer(m, f->options.arg);
		break;
	case ROUTER_RESERVE:
		f->queues[m->queue]->reserve_by = m->reserve.by;
		break;
	case ROUTER_LAPSED:
		log_error("lease ran out: agent=%s", f->agents[m->agent]->name);
		f->options.answer(m, f->options.arg);
		break;
	default:
		on_done(f, m);
	}
}

// True: there may be more.
static bool answers_take(struct floor *f)
{
	struct router_message m;
	for (unsigned i = 0; i < BATCH; i++) {
		if (!router_take(f->router, &m))
			return false;
		answer(f, &m);
	}
	return true;
}

bool floor_poll(struct floor *f)
{
	floor_post_flush(f);
	if (f->thread == NULL)
		router_run(f->router, timers_now_ms(f->options.timers));
	bool more = answers_take(f);
	if (timer_alive(&f->pump))
		return more;
	uint64_t next_ms = f->thread ? UINT64_MAX : router_next_ms(f->router);
	if (f->backlog.count > 0)
		next_ms = FLOOR_RETRY_MS;
	if (more && f->thread == NULL)
		next_ms = 0;
	if (next_ms != UINT64_MAX)
		timer_start(f->options.timers, &f->pump, next_ms, f->pumped, f);
	return more;
}

struct ring_wake *floor_wake(struct floor *f)
{
	return f->thread ? router_answers_wake(f->router) : NULL;
}

// --- a caller in a queue ---

// Whom the step names, else who talked with this caller before.
static const struct floor_agent *preferred(const struct floor *f, struct floor_wait *w,
	const struct config_queue *queue, const struct floor_asks *asks)
{
	w->last_ns = 0;
	if (asks->prefer != NULL && asks->prefer[0] != '\0')
		return floor_agent_named(f, asks->prefer);
	return floor_last_agent(f, queue, asks->number, &w->last_ns);
}

void floor_join(struct floor *f, struct floor_wait *w, const struct config_queue *queue,
	const struct floor_asks *asks)
{
	struct floor_queue *q = floor_queue_of(f, queue);
	check(q != NULL && w->queue == NULL);
	floor_day_look(f);
	floor_reserve_look(f);
	q->n.joined++;
	floor_queue_counted(f, q);
	struct router_message m = {
		.kind = ROUTER_JOIN, .call = w->call, .queue = q->id, .priority = w->priority};
	floor_skills_asked(f, queue, asks->skills, &w->asked);
	w->wants = w->asked;
	const struct floor_agent *prefer = preferred(f, w, queue, asks);
	m.join.wants = w->wants;
	m.join.preferred = prefer ? prefer->id + 1 : 0;
	m.join.hold_ms = floor_last_hold(f, w, q, prefer);
	floor_post(f, &m);
	w->ticket = m.ticket;
	w->ring = 0;
	w->refusals = 0;
	w->since_ms = timers_now_ms(f->options.timers);
	floor_wait_begin(q, w);
}

void floor_forget(struct floor *f, uint64_t call)
{
	struct router_message m = {.kind = ROUTER_LEAVE, .call = call};
	floor_post(f, &m);
}

void floor_leave(struct floor *f, struct floor_wait *w, enum router_why why)
{
	struct floor_queue *q = w->queue;
	if (q == NULL)
		return;
	if (why == WHY_CALLER_GONE)
		q->n.abandoned++;
	else if (why == WHY_TIME_OVER)
		q->n.timed_out++;
	else
		q->n.removed++;
	floor_queue_counted(f, q);
	floor_wait_end(w);
	floor_forget(f, w->call);
}

void floor_refused(struct floor *f, struct floor_wait *w)
{
	w->queue->n.joined--;
	w->queue->n.refused++;
	floor_queue_counted(f, w->queue);
	floor_wait_end(w);
}

void floor_stranded(struct floor *f, void (*each)(struct floor_wait *w, void *arg), void *arg)
{
	for (uint32_t i = 0; i < f->queue_count; i++) {
		struct floor_queue *q = f->queues[i];
		if (q->config != NULL || q->waiting == 0)
			continue;
		log_warn("queue removed, who waits moves on: tenant=%s queue=%s waiting=%u",
			q->tenant, q->name, q->waiting);
		dlist_for_each_safe (it, &q->waits)
			each(container_of(it, struct floor_wait, link), arg);
	}
}

// --- an offer ---

static void offer_post(
	struct floor *f, const struct floor_wait *w, uint64_t offer, enum router_kind kind)
{
	struct router_message m = {
		.kind = kind, .offer = offer, .call = w->call, .agent = (uint32_t)(offer >> 32)};
	floor_post(f, &m);
}

void floor_answered(struct floor *f, struct floor_wait *w, uint64_t offer)
{
	w->waited_ms = timers_now_ms(f->options.timers) - w->since_ms;
	w->keeps = w->queue;
	floor_served(f->agents[offer >> 32], w->queue);
	floor_wait_end(w);
	offer_post(f, w, offer, ROUTER_ANSWERED);
}

void floor_connected(struct floor *f, struct floor_wait *w, uint64_t offer)
{
	struct floor_queue *q = w->keeps;
	struct floor_agent *a = f->agents[offer >> 32];
	w->keeps = NULL;
	q->n.answered++;
	q->n.waited_ms += w->waited_ms;
	if (w->waited_ms > q->n.waited_max_ms)
		q->n.waited_max_ms = w->waited_ms;
	if (q->config && w->waited_ms <= (uint64_t)q->config->service_level_s * 1000)
		q->n.in_level++;
	a->n.answered++;
	floor_queue_counted(f, q);
	floor_agent_counted(f, a);
	offer_post(f, w, offer, ROUTER_CONNECTED);
}

void floor_renew(struct floor *f, uint64_t offer)
{
	struct router_message m = {.kind = ROUTER_RENEW, .offer = offer};
	f->agents[offer >> 32]->lease_ms = timers_now_ms(f->options.timers) + ROUTER_LEASE_TALK_MS;
	floor_post(f, &m);
}

void floor_prompted(struct floor *f, uint64_t offer, uint64_t for_ms)
{
	struct floor_agent *a = f->agents[offer >> 32];
	a->rung_ms = 0;
	a->prompted_ms = timers_now_ms(f->options.timers) + for_ms;
}

static bool missed(enum router_why why)
{
	return why == WHY_BUSY || why == WHY_REJECTED || why == WHY_NO_ANSWER ||
		why == WHY_REDIRECTED || why == WHY_HUNG_UP || why == WHY_UNUSABLE;
}

void floor_over(struct floor *f, uint64_t offer, enum router_why why)
{
	struct router_message m = {.kind = ROUTER_OVER, .offer = offer, .why = why};
	struct floor_agent *a = f->agents[offer >> 32];
	floor_served(a, NULL);
	if (missed(why)) {
		a->n.missed++;
		floor_agent_counted(f, a);
	}
	floor_post(f, &m);
}

// --- agents ---

void floor_registered(struct floor *f, const struct config_agent *agent, bool registered)
{
	struct floor_agent *a = floor_agent_named(f, agent->name);
	if (a == NULL || a->registered == registered)
		return; // no news, as most of a reload's
	a->registered = registered;
	struct router_message m = {
		.kind = registered ? ROUTER_REGISTERED : ROUTER_UNREGISTERED, .agent = a->id};
	m.set.ready = floor_comes_ready(a, agent);
	floor_post(f, &m);
}

int floor_agent_restore(
	struct floor *f, const char *name, enum agent_state state, bool ready, uint32_t for_ms)
{
	struct floor_agent *a = floor_agent_named(f, name);
	if (a == NULL || a->config == NULL)
		return -ENOENT;
	a->ready = ready;
	floor_state_told(a);
	struct router_message m = {.kind = ROUTER_RESTORE,
		.agent = a->id,
		.set = {.ready = ready, .state = state, .for_ms = for_ms}};
	floor_post(f, &m);
	return 0;
}

int floor_agent_restore_queue(struct floor *f, const char *name, const char *queue)
{
	struct floor_agent *a = floor_agent_named(f, name);
	if (a == NULL)
		return -ENOENT;
	str_copy(a->works_for, sizeof(a->works_for), queue);
	return 0;
}

bool floor_snapshot(struct floor *f, struct eventlog *log, uint64_t *from)
{
	if (*from >> 32)
		return floor_figures_snapshot(f, log, from);
	for (; *from < f->agent_count && eventlog_piece_goes_on(log); ++*from) {
		const struct floor_agent *a = f->agents[*from];
		if (a->config && (a->state != AGENT_SIGNED_OUT || a->told.pause[0] != '\0'))
			floor_state_log(f, log, a, a->state);
	}
	if (*from >= f->agent_count)
		*from = 1ull << 32;
	return true;
}

uint32_t floor_agent_count(const struct floor *f)
{
	return f->agent_count;
}

const struct config_agent *floor_agent_config(struct floor *f, uint32_t agent)
{
	return f->agents[agent]->config;
}

const char *floor_agent_name(struct floor *f, uint32_t agent)
{
	return f->agents[agent]->name;
}

// --- life ---

static void pump_fired(void *arg)
{
	floor_poll(arg);
}

int floor_start(const struct floor_options *options, struct floor **out)
{
	struct floor *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	f->options = *options;
	f->pumped = pump_fired;
	f->seed = options->seed ? options->seed : rng_seed_os();
	floor_figures_start(f);
	int err = backlog_init(&f->backlog);
	if (!err)
		err = router_new(f->seed, MAILBOX_SLOTS, &f->router);
	if (!err)
		err = floor_names_start(f);
	if (!err && options->own_thread)
		err = router_thread_start(f->router, &f->thread);
	if (err) {
		if (f->router)
			router_free(f->router);
		floor_names_stop(f);
		backlog_fini(&f->backlog);
		free(f);
		return err;
	}
	log_info("router seed=%llu thread=%s", (unsigned long long)f->seed,
		options->own_thread ? "own" : "control");
	floor_configure(f, options->config);
	*out = f;
	return 0;
}

void floor_configure(struct floor *f, struct config *config)
{
	floor_names_configure(f, config);
}

void floor_stop(struct floor *f)
{
	timer_cancel(&f->pump);
	timer_cancel(&f->again);
	floor_held_stop(f);
	floor_reserve_stop(f);
	figures_flush(&f->figures.pace);
	if (f->thread)
		router_thread_stop(f->thread);
	router_free(f->router);
	floor_names_stop(f);
	backlog_fini(&f->backlog);
	free(f);
}
