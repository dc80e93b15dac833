// ringload: loads a SIP server with calls and judges its media.
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/ringload/digits.h"
#include "bench/ringload/history.h"
#include "bench/ringload/limit.h"
#include "bench/ringload/plot.h"
#include "bench/ringload/profile/profile.h"
#include "bench/ringload/recorded.h"
#include "bench/ringload/results.h"
#include "bench/ringload/run.h"
#include "bench/ringload/streams.h"

#define EXIT_USAGE_ERROR 2
#define EXIT_NOISY	 3
#define BAR		 30

static void on_signal(int number)
{
	load_stop();
}

static void progress_bar(const struct load *l, double seconds)
{
	const struct profile *p = l->profile;
	double whole = (p->duration_ms + (p->streams[0] ? 0 : p->hold.high_ms)) / 1000.0;
	int done = (int)(BAR * fmin(seconds / whole, 1));
	char bar[BAR + 1];

	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)done);
	bar[BAR] = '\0';
	fprintf(stderr, "\r[%s] %5.1f s  %u calls, %llu answered, %llu refused, %llu packets  ",
		bar, seconds, l->streams, (unsigned long long)l->counts.answered,
		(unsigned long long)l->counts.refused,
		(unsigned long long)l->tally.whole.count[TALLY_RECEIVED]);
}

static int tell(const char *error)
{
	fprintf(stderr, "ringload: %s\n", error);
	return EXIT_USAGE_ERROR;
}

// With what the server kept: records and recordings.
static int compare(const struct load *l, struct records_report *records, char error[256])
{
	json_t *calls = history_calls(l, error);
	int err = calls ? 0 : -1;

	if (!err)
		digits_compare(l, calls, &records->digits);
	if (!err && l->profile->recordings)
		err = recorded_compare(l, calls, &records->recorded, error);
	json_decref(calls);
	return err;
}

// A load is big and lives once: on the heap.
static int run_once(struct profile *p, struct results *out)
{
	struct load *l = malloc(sizeof(*l));
	struct records_report records = {0};
	bool bar = !p->quiet && isatty(STDERR_FILENO);
	char error[256] = "no memory";
	int err = l ? load_init(l, p, error) : -1;

	if (!err) {
		load_run(l, bar ? progress_bar : NULL);
		if (bar)
			fprintf(stderr, "\r%*s\r", 100, "");
		if (p->ringctl_socket[0])
			err = compare(l, &records, error);
	}
	if (!err) {
		results_fill(out, l, &records);
		if (p->plot[0] && !p->find_limit && plot_run(&l->tally, p->plot))
			fprintf(stderr, "ringload: %s cannot be written\n", p->plot);
	}
	if (l)
		load_fini(l);
	free(l);
	if (err)
		tell(error);
	return err;
}

static int report(const struct profile *p, const struct results *r)
{
	struct results before;

	if (p->json)
		results_print_json(r, stdout);
	else
		results_print(r, stdout);
	if (p->diff[0]) {
		if (results_load(&before, p->diff))
			return tell("--diff: no results in that file");
		results_diff(&before, r, p->json ? stderr : stdout);
	}
	if (p->save[0] && results_save(r, p, p->save))
		return tell("--save: that file cannot be written");
	return r->verdict == VERDICT_CLEAN    ? EXIT_SUCCESS
		: r->verdict == VERDICT_NOISY ? EXIT_NOISY
					      : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct profile p;
	static struct results r;
	char error[256];

	profile_init(&p);
	int err = profile_options(&p, argc, argv, error);
	if (err == 1) {
		profile_help(stdout);
		return EXIT_SUCCESS;
	}
	if (!err && p.streams[0])
		err = streams_load(&p, error);
	if (err || profile_check(&p, error))
		return tell(error);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (p.saved[0])
		err = results_load(&r, p.saved) ? tell("--saved: no results in that file") : 0;
	else
		err = p.find_limit ? limit_find(&p, run_once, &r) : run_once(&p, &r);
	return err ? EXIT_USAGE_ERROR : report(&p, &r);
}
