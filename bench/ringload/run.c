// The loop: SIP, arrivals, packets due, packets come, sleep until the next millisecond.
#include "bench/ringload/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "bench/ringload/agent.h"
#include "bench/ringload/call.h"
#include "bench/ringload/streams.h"
#include "engine/base/clock.h"

#define SIP_BURSTS   4	    // a turn reads so many at most
#define STOP_MS	     2000u  // a call that stays longer than its hold time is hung up
#define END_MS	     40000u // a SIP transaction is over by then, whatever is lost
#define PROGRESS_NS  200000000ull
#define LINGER_NS    100000000ull // what was under way when the last call ended
#define AGENTS_MS    5000u	  // callers wait so long for the agents to register
#define AGENTS_BURST 20		  // registrations a millisecond
#define SEND_BURST   64		  // packets between two looks at a port that is polled
#define SEND_CLOCK   16		  // packets between two looks at the clock
#define SEND_AHEAD   4		  // streams fetched before their turn
#define NAP_NS	     30000	  // of a turn that found nothing to do on such a port

static volatile sig_atomic_t stop_wanted;

void load_stop(void)
{
	stop_wanted = 1;
}

static void run_sip(void *arg, const struct socket_packet *p)
{
	struct load *l = arg;
	struct message m;

	if (message_parse((const char *)p->data, p->len, &m))
		return;
	if (m.status && text_is(m.cseq_method, "REGISTER")) {
		agent_response(l, &m);
		return;
	}
	char *rest;
	uint32_t index = (uint32_t)strtoul(m.call_id.p, &rest, 10);
	struct call *c = index < l->profile->calls && *rest == '-' ? &l->calls[index] : NULL;
	if (!c || strncmp(c->call_id, m.call_id.p, m.call_id.len) != 0 || c->state == CALL_FREE)
		c = agent_find(l, m.call_id);
	if (c && m.status)
		call_response(l, c, &m, p->at_ns);
	else if (c && !(text_is(m.method, "INVITE") && m.cseq == c->cseq))
		call_request(l, c, &m);
	else if (!m.status && text_is(m.method, "INVITE"))
		agent_invited(l, &m, p->at_ns);
	else
		l->counts.stray_sip++;
}

static unsigned run_read_sip(struct load *l)
{
	unsigned n, all = 0;

	for (unsigned i = 0; i < SIP_BURSTS; i++) {
		n = socket_receive(l->sip_fd, l->inbox, run_sip, l);
		all += n;
		if (n < SOCKET_BURST)
			break;
	}
	return all;
}

static void *run_find(void *arg, uint16_t line, const struct addr *from)
{
	struct load *l = arg;
	struct stream *s = stream_find(&l->desk, line, from);

	if (s)
		stream_fetch_rx(s);
	return s;
}

static void run_hear(void *arg, void *found, const struct socket_packet *p)
{
	struct load *l = arg;

	if (found)
		stream_receive(&l->desk, found, p);
	else
		l->desk.strays++;
}

static void run_timers(struct load *l, uint64_t now_ns)
{
	struct wheel_timer *t;

	wheel_advance(&l->wheel, now_ns / NS_PER_MS);
	while ((t = wheel_take(&l->wheel))) {
		uintptr_t at = (uintptr_t)t;

		if (at >= (uintptr_t)l->agents &&
			at < (uintptr_t)(l->agents + l->profile->agents)) {
			agent_resend(l, container_of(t, struct agent, resend));
			continue;
		}
		struct call *c = &l->calls[(at - (uintptr_t)l->calls) / sizeof(*l->calls)];
		if (t == &c->resend)
			call_resend(l, c);
		else
			call_life(l, c);
	}
}

static bool run_arriving(const struct load *l, uint64_t now_ns)
{
	return !l->stopping && now_ns < l->arrivals_end_ns &&
		l->counts.tried < l->profile->calls_total && !l->profile->streams[0];
}

static unsigned run_arrivals(struct load *l, uint64_t now_ns)
{
	unsigned placed = 0;

	while (run_arriving(l, now_ns) && l->next_arrival_ns <= now_ns) {
		// All at once that there may be: the rate does not run up a debt meanwhile.
		if (l->free_count == 0) {
			l->next_arrival_ns = now_ns;
			break;
		}
		l->next_arrival_ns += (uint64_t)((double)NS_PER_S / l->profile->rate);
		l->alive++;
		call_place(l, &l->calls[l->free_places[--l->free_count]], now_ns);
		placed++;
	}
	return placed;
}

// How many of a slot are due: all of them when its millisecond begins, or, where packets are sent
// one by one, spread over it.
static uint32_t run_due(const struct load *l, uint32_t count, uint64_t since_ns)
{
	if (!l->port->driver->polled || since_ns >= NS_PER_MS)
		return count;
	return (uint32_t)(since_ns * count / NS_PER_MS);
}

static unsigned run_slot(struct load *l, unsigned slot, uint64_t now_ns, unsigned most)
{
	uint64_t begin_ns = l->next_slot_ms * NS_PER_MS;
	uint32_t count = l->slot[slot].count, due = run_due(l, count, now_ns - begin_ns);
	bool polled = l->port->driver->polled;
	unsigned sent = 0;

	for (; l->slot_sent < due && sent < most; l->slot_sent++, sent++) {
		uint64_t due_ns = begin_ns + (polled ? l->slot_sent * NS_PER_MS / count : 0);

		if (sent % SEND_CLOCK == 0)
			now_ns = clock_mono_ns();
		if (l->slot_sent + SEND_AHEAD < count)
			stream_fetch_tx(l->slot[slot].item[l->slot_sent + SEND_AHEAD]);
		stream_send(&l->desk, l->slot[slot].item[l->slot_sent], due_ns, now_ns);
	}
	return sent;
}

static unsigned run_packets(struct load *l, uint64_t now_ns)
{
	unsigned sent = 0, most = l->port->driver->polled ? SEND_BURST : UINT32_MAX;

	while (l->next_slot_ms <= now_ns / NS_PER_MS) {
		unsigned slot = l->next_slot_ms % l->profile->ptime_ms;
		bool over = now_ns / NS_PER_MS > l->next_slot_ms;

		sent += run_slot(l, slot, now_ns, most - sent);
		if (l->slot_sent < l->slot[slot].count || (l->port->driver->polled && !over))
			break;
		impair_advance(&l->impair, l->port, l->next_slot_ms);
		l->next_slot_ms++;
		l->slot_sent = 0;
	}
	l->port->driver->flush(l->port);
	return sent;
}

// Until when to sleep; now where there is no time for it.
static uint64_t run_sleep(struct load *l, uint64_t now_ns)
{
	uint64_t due_ns = (now_ns / NS_PER_MS + 1) * NS_PER_MS;
	struct timespec due = {(time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	uint64_t woken_ns = clock_mono_ns();
	l->sleep_ns += woken_ns - now_ns;
	return due_ns;
}

static uint64_t run_nap(struct load *l, uint64_t now_ns)
{
	struct timespec nap = {.tv_nsec = NAP_NS};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	l->sleep_ns += clock_mono_ns() - now_ns;
	return now_ns + NAP_NS;
}

static void run_hang_up_all(struct load *l)
{
	l->stopping = true;
	for (uint32_t i = 0; i < l->places; i++)
		call_hang_up(l, &l->calls[i]);
	streams_stop(l);
}

static uint64_t run_longest_ms(const struct profile *p)
{
	return p->hold.kind == HOLD_EXPONENTIAL ? 10ull * p->hold.low_ms : p->hold.high_ms;
}

// Whether there is nothing left to do, or no time left to do it.
static bool run_over(struct load *l, uint64_t now_ns)
{
	uint64_t stop_ns = l->arrivals_end_ns +
		(l->profile->streams[0] ? 0 : run_longest_ms(l->profile) + STOP_MS) * NS_PER_MS;

	if (!l->stopping && (stop_wanted || now_ns >= stop_ns))
		run_hang_up_all(l);
	if (l->alive > 0 || l->streams > 0 || run_arriving(l, now_ns))
		l->idle_ns = now_ns;
	return now_ns - l->idle_ns >= LINGER_NS || now_ns >= stop_ns + END_MS * NS_PER_MS;
}

// One turn; returns until when it slept.
static uint64_t run_turn(struct load *l, uint64_t now_ns)
{
	const struct media_ear ear = {l, run_find, run_hear};
	unsigned done = run_read_sip(l);

	run_timers(l, now_ns);
	done += run_arrivals(l, now_ns);
	l->port->driver->turn(l->port, now_ns);
	done += run_packets(l, now_ns);
	// The 200 that names a stream came by SIP, which is read first, every turn.
	done += l->port->driver->receive(l->port, &ear);
	tally_advance(&l->tally, now_ns);
	uint64_t after_ns = clock_mono_ns();
	if (l->profile->spin || l->port->driver->polled) {
		if (done)
			l->work_ns += after_ns - now_ns;
		return done || l->profile->spin ? after_ns : run_nap(l, after_ns);
	}
	l->work_ns += after_ns - now_ns;
	if (after_ns / NS_PER_MS > now_ns / NS_PER_MS)
		return after_ns;
	return run_sleep(l, after_ns);
}

static void run_agents(struct load *l)
{
	uint64_t end_ms = load_now_ms() + AGENTS_MS;
	uint32_t next = 0;

	while (load_now_ms() < end_ms && !stop_wanted &&
		agents_registered(l) + l->counts.agents_refused < l->profile->agents) {
		for (unsigned i = 0; i < AGENTS_BURST && next < l->profile->agents; i++)
			agent_register(l, next++);
		run_read_sip(l);
		run_timers(l, clock_mono_ns());
		run_sleep(l, clock_mono_ns());
	}
}

void load_run(struct load *l, load_progress_h *progress)
{
	uint64_t shown_ns = 0, due_ns = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	run_agents(l);
	uint64_t now_ns = clock_mono_ns();
	l->start_ns = l->next_arrival_ns = l->idle_ns = now_ns;
	l->next_slot_ms = l->impair.next_ms = now_ns / NS_PER_MS;
	l->arrivals_end_ns = now_ns + l->profile->duration_ms * NS_PER_MS;
	tally_begin(&l->tally, now_ns + l->profile->ramp_ms * NS_PER_MS);
	l->sleep_ns = l->work_ns = 0;
	l->gaps.last_ns = now_ns;
	streams_start(l);
	while (!run_over(l, now_ns)) {
		due_ns = run_turn(l, now_ns);
		now_ns = clock_mono_ns();
		gap_watch_turn(&l->gaps, due_ns, now_ns);
		if (now_ns - shown_ns >= PROGRESS_NS) {
			shown_ns = now_ns;
			if (progress)
				progress(l, (double)(now_ns - l->start_ns) / 1e9);
		}
	}
	l->run_ns = now_ns - l->start_ns;
	tally_finish(&l->tally);
}
