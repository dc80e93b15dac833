// Figures from counters, and the judgement of them.
#include "bench/ringload/results.h"

#include <math.h>
#include <string.h>

#include "bench/ringload/pair.h"
#include "engine/base/str.h"

#define NOISY_SHARE 0.2 // of the windows

static void add(struct results *r, const char *name, const char *unit, double value)
{
	struct result *i = &r->item[r->count];

	if (r->count == RESULTS_MAX)
		return;
	r->count++;
	str_copy(i->name, sizeof(i->name), name);
	str_copy(i->unit, sizeof(i->unit), unit);
	i->value = value;
	i->quiet = NAN;
}

static void add_both(struct results *r, const char *name, const char *unit, double value[2])
{
	add(r, name, unit, value[0]);
	r->item[r->count - 1].quiet = value[1];
}

static void add_histogram(struct results *r, const struct load *l, const char *name, unsigned what)
{
	static const struct {
		const char *name;
		double share;
	} points[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};
	const struct tally *t = &l->tally;

	for (unsigned i = 0; i < 4; i++) {
		char full[32];

		str_format(full, sizeof(full), "%s_%s", name, points[i].name);
		add_both(r, full, "ms",
			(double[2]){histogram_ms(&t->whole.value[what], points[i].share),
				histogram_ms(&t->quiet.value[what], points[i].share)});
	}
}

static double part_loss(const struct tally_part *p)
{
	double lost = (double)(int64_t)p->count[TALLY_LOST];
	double all = lost + (double)p->count[TALLY_RECEIVED];

	return all > 0 && lost > 0 ? 100 * lost / all : 0;
}

static void fill_calls(struct results *r, const struct load_counts *n)
{
	add(r, "calls_tried", "calls", (double)n->tried);
	add(r, "calls_answered", "calls", (double)n->answered);
	add(r, "calls_refused", "calls", (double)n->refused);
	for (unsigned i = 0; i < STATUS_MAX; i++) {
		char name[32];

		if (n->status[i] == 0)
			continue;
		str_format(name, sizeof(name), "status_%u", i);
		add(r, name, "calls", n->status[i]);
	}
	add(r, "retry_after", "calls", (double)n->retry_after);
	add(r, "timeouts", "calls", (double)(n->timeouts + n->bye_lost));
	add(r, "ended_by_server", "calls", (double)n->by_server);
	add(r, "agent_calls", "calls", (double)n->offered);
	add(r, "sip_resent", "messages", (double)n->resent);
	add(r, "setup_p50", "ms", histogram_ms(&n->setup, 0.5));
	add(r, "setup_p99", "ms", histogram_ms(&n->setup, 0.99));
}

static void fill_wait(struct results *r, const char *what, const struct histogram *h)
{
	static const struct {
		const char *name;
		double share;
	} points[] = {{"p50", 0.5}, {"p99", 0.99}, {"max", 1}};

	for (unsigned i = 0; h->count > 0 && i < 3; i++) {
		char name[32];

		str_format(name, sizeof(name), "%s_%s", what, points[i].name);
		add(r, name, "ms", histogram_ms(h, points[i].share));
	}
}

static void fill_agents(struct results *r, const struct load *l)
{
	const struct load_counts *n = &l->counts;
	struct pair_report pairs = pair_report(l);

	if (l->profile->agents == 0)
		return;
	add(r, "agents_refused", "agents", (double)n->agents_refused);
	add(r, "agents_busy", "calls", (double)n->agent_busy);
	fill_wait(r, "answer_to_agent", &n->answer_to_agent);
	fill_wait(r, "digit_to_agent", &n->digit_to_agent);
	fill_wait(r, "free_to_agent", &n->free_to_agent);
	fill_wait(r, "bye_to_agent", &n->bye_to_agent);
	if (n->free_to_agent.count > 0)
		add(r, "free_to_agent", "calls", (double)n->free_to_agent.count);
	if (l->profile->agent_talk.high_ms == 0)
		return;
	add(r, "calls_alone", "calls", (double)pairs.alone);
	add(r, "calls_twice", "calls", (double)pairs.twice);
	if (!l->profile->stamps || l->profile->mute)
		return;
	add(r, "calls_one_way", "calls", (double)pairs.one_way);
	add(r, "misheard", "packets", (double)n->misheard);
}

static void fill_media(struct results *r, const struct load *l)
{
	static const char *const names[TALLY_COUNTS] = {
		"sent", "received", "lost", "double", "late"};
	const struct tally *t = &l->tally;

	for (unsigned i = 0; i < TALLY_COUNTS; i++)
		add_both(r, names[i], "packets",
			(double[2]){(double)(int64_t)t->whole.count[i],
				(double)(int64_t)t->quiet.count[i]});
	add_both(r, "loss", "%", (double[2]){part_loss(&t->whole), part_loss(&t->quiet)});
	add_histogram(r, l, "delay", TALLY_DELAY);
	add_histogram(r, l, "spacing", TALLY_SPACING);
	add_histogram(r, l, "spacing_off", TALLY_OFF);
	add_histogram(r, l, "send_late", TALLY_SEND_LATE);
	add(r, "silent_streams", "streams", (double)l->counts.silent);
	add(r, "prompts", "calls", (double)l->counts.prompts);
	add(r, "prompts_whole", "calls", (double)l->counts.prompts_whole);
	add(r, "prompts_wrong", "calls", (double)l->counts.prompts_wrong);
	add(r, "digits_pressed", "digits", (double)l->counts.pressed);
	add(r, "strays", "packets", (double)l->desk.strays);
}

static double windows_out(const struct tally *t)
{
	uint64_t all = t->whole.windows;

	return all ? (double)(all - t->quiet.windows) / (double)all : 0;
}

static void fill_machine(struct results *r, const struct load *l)
{
	double run_ns = (double)l->run_ns, busy_ns = (double)l->work_ns;
	const struct tally *t = &l->tally;

	add(r, "host_gaps", "gaps", (double)t->gaps);
	add(r, "host_gap_share", "%", run_ns > 0 ? 100 * (double)t->gap_ns / run_ns : 0);
	add(r, "host_gap_max", "ms", (double)t->gap_max_ns / 1e6);
	add(r, "windows_out", "%", 100 * windows_out(t));
	add(r, "generator_busy", "%", run_ns > 0 ? 100 * busy_ns / run_ns : 0);
	add(r, "generator_dropped", "packets",
		(double)(l->port->dropped + socket_dropped(l->inbox)));
	add(r, "generator_failed", "packets", (double)(l->port->failed + l->counts.sip_failed));
	add(r, "impaired", "packets",
		(double)(l->impair.dropped + l->impair.doubled + l->impair.swapped));
	add(r, "seconds", "s", run_ns / 1e9);
}

static void fill_digits(struct results *r, const struct digits_report *d)
{
	if (!d->asked)
		return;
	add(r, "digit_calls", "calls", (double)d->calls);
	add(r, "digits_sent", "digits", (double)d->sent);
	add(r, "digits_reported", "digits", (double)d->reported);
	add(r, "digits_wrong", "calls", (double)d->wrong);
	add(r, "records_missing", "calls", (double)d->missing);
}

static void fill_recorded(struct results *r, const struct recorded_report *d)
{
	if (!d->asked)
		return;
	add(r, "recordings", "calls", (double)d->calls);
	add(r, "recordings_missing", "calls", (double)d->missing);
	add(r, "recorded", "frames", (double)d->frames);
	add(r, "recorded_lost", "frames", (double)d->lost);
	add(r, "recorded_wrong", "frames", (double)d->wrong);
}

double results_value(const struct results *r, const char *name)
{
	for (unsigned i = 0; i < r->count; i++)
		if (str_equal(r->item[i].name, name))
			return r->item[i].value;
	return NAN;
}

static double results_quiet(const struct results *r, const char *name)
{
	for (unsigned i = 0; i < r->count; i++)
		if (str_equal(r->item[i].name, name))
			return r->item[i].quiet;
	return NAN;
}

struct limit {
	const char *name;
	double value, most;
};

// Every rule that a clean run keeps; each that is broken is named.
static void results_judge(
	struct results *r, const struct profile *p, const struct records_report *records)
{
	const struct digits_report *d = &records->digits;
	const struct recorded_report *tape = &records->recorded;
	bool impaired = p->loss > 0 || p->jitter_ms > 0;
	const struct limit limits[] = {
		{"loss", results_quiet(r, "loss"), 100 * p->loss_max},
		{"delay_p99", results_quiet(r, "delay_p99"), p->delay_max_ms},
		{"spacing_off_p99", results_quiet(r, "spacing_off_p99"), p->spacing_max_ms},
		{"silent_streams", results_value(r, "silent_streams"), 0},
		{"prompts_wrong", results_value(r, "prompts_wrong"), 0},
		{"calls_refused", results_value(r, "calls_refused"), 0},
		{"timeouts", results_value(r, "timeouts"), 0},
		{"agents_refused", results_value(r, "agents_refused"), 0},
		{"agents_busy", results_value(r, "agents_busy"), 0},
		{"calls_alone", results_value(r, "calls_alone"), 0},
		{"calls_twice", results_value(r, "calls_twice"), 0},
		{"calls_one_way", results_value(r, "calls_one_way"), 0},
		{"misheard", results_value(r, "misheard"), 0},
		{"generator_dropped", results_value(r, "generator_dropped"), 0},
		{"generator_failed", results_value(r, "generator_failed"), 0},
		{"digits_wrong", d->asked ? (double)d->wrong : 0, 0},
		{"records_missing", d->asked ? (double)d->missing : 0, 0},
		{"recordings_missing", (double)tape->missing, 0},
		{"recorded_lost", impaired ? 0 : (double)tape->lost, 0},
		{"recorded_wrong", (double)tape->wrong, 0},
	};
	struct str_buf why;

	str_buf_init(&why, r->why, sizeof(r->why));
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].value > limits[i].most)
			str_buf_add(&why, "%s%s %.4g > %.4g", why.len ? ", " : "", limits[i].name,
				limits[i].value, limits[i].most);
	if (results_value(r, "lost") <= 0 && p->loss <= 0 &&
		results_value(r, "prompts_whole") < results_value(r, "prompts"))
		str_buf_add(&why, "%sprompts cut short", why.len ? ", " : "");
	if (results_value(r, "received") == 0 && !p->mute)
		str_buf_add(&why, "%snothing was heard", why.len ? ", " : "");
	if (d->first[0])
		str_buf_add(&why, " (%s)", d->first);
	if (tape->first[0])
		str_buf_add(&why, " (%s)", tape->first);
	r->verdict = why.len ? VERDICT_NOT_CLEAN : VERDICT_CLEAN;
	if (results_value(r, "windows_out") > 100 * NOISY_SHARE)
		r->verdict = VERDICT_NOISY;
}

void results_fill(struct results *r, const struct load *l, const struct records_report *records)
{
	*r = (struct results){0};
	fill_calls(r, &l->counts);
	fill_agents(r, l);
	fill_media(r, l);
	fill_digits(r, &records->digits);
	fill_recorded(r, &records->recorded);
	fill_machine(r, l);
	results_judge(r, l->profile, records);
}

const char *verdict_text(enum verdict v)
{
	return v == VERDICT_CLEAN	 ? "clean"
		: v == VERDICT_NOT_CLEAN ? "not clean"
					 : "machine too noisy";
}

static bool result_dull(const struct result *i)
{
	static const char *const dull[] = {"retry_after", "timeouts", "ended_by_server",
		"agent_calls", "sip_resent", "prompts", "prompts_whole", "prompts_wrong", "strays",
		"digits_pressed", "impaired", "generator_failed", "records_missing",
		"agents_refused", "agents_busy"};

	for (unsigned k = 0; i->value == 0 && k < sizeof(dull) / sizeof(dull[0]); k++)
		if (str_equal(i->name, dull[k]))
			return true;
	return false;
}

void results_print(const struct results *r, FILE *out)
{
	fprintf(out, "%-20s %14s %20s  %s\n", "", "whole run", "without host gaps", "unit");
	for (unsigned i = 0; i < r->count; i++) {
		const struct result *it = &r->item[i];

		if (result_dull(it))
			continue;
		fprintf(out, "%-20s %14.6g ", it->name, it->value);
		if (isnan(it->quiet))
			fprintf(out, "%20s  %s\n", "", it->unit);
		else
			fprintf(out, "%20.6g  %s\n", it->quiet, it->unit);
	}
	fprintf(out, "%s%s%s\n", verdict_text(r->verdict), r->why[0] ? ": " : "", r->why);
}

void results_print_json(const struct results *r, FILE *out)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct result *it = &r->item[i];

		for (int quiet = 0; quiet <= !isnan(it->quiet); quiet++)
			fprintf(out,
				"{\"bench\":\"ringload\",\"metric\":\"%s%s\",\"value\":%.6g,"
				"\"unit\":\"%s\"}\n",
				it->name, quiet ? "_quiet" : "", quiet ? it->quiet : it->value,
				it->unit);
	}
	fprintf(out,
		"{\"bench\":\"ringload\",\"metric\":\"verdict\",\"value\":%d,\"unit\":\"%s\"}\n",
		r->verdict, verdict_text(r->verdict));
}
