// Reads options, prints counts.
#include "tests/flow/wire/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/base/str.h"
#include "tests/flow/wire/world.h"

static void usage(void)
{
	fprintf(stderr,
		"usage: wire_storm [--calls N] [--seed N] [--loss %%] [--double %%] "
		"[--late %%] [--refuse %%o] [--delay MS] [--gentle] [--stories]\n");
	exit(2);
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (str_u64(text, &n))
		usage();
	return n;
}

void storm_read(int argc, char **argv, struct storm_options *o)
{
	static const struct option names[] = {{"calls", 1, NULL, 'c'}, {"seed", 1, NULL, 's'},
		{"loss", 1, NULL, 'l'}, {"double", 1, NULL, 'd'}, {"late", 1, NULL, 't'},
		{"refuse", 1, NULL, 'r'}, {"delay", 1, NULL, 'm'}, {"gentle", 0, NULL, 'g'},
		{"stories", 0, NULL, 'o'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		uint64_t n = optarg ? number(optarg) : 0;
		switch (c) {
		case 'c':
			o->calls = n;
			break;
		case 's':
			o->seed = n;
			break;
		case 'l':
			o->faults.lost = (unsigned)n * 10;
			break;
		case 'd':
			o->faults.doubled = (unsigned)n * 10;
			break;
		case 't':
			o->faults.late = (unsigned)n * 10;
			break;
		case 'r':
			o->faults.refused = (unsigned)n;
			break;
		case 'm':
			o->faults.delay_ms = (unsigned)n;
			break;
		case 'g':
			o->gentle = true;
			break;
		case 'o':
			o->stories = true;
			break;
		default:
			usage();
		}
	}
}

double storm_cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

void storm_report(double took_s, uint64_t outs)
{
	const struct wire_counts *c = wire_counts();

	printf("calls %llu in %llu worlds: answered %llu refused %llu unanswered %llu\n",
		(unsigned long long)c->calls, (unsigned long long)c->worlds,
		(unsigned long long)c->answered, (unsigned long long)c->refused,
		(unsigned long long)c->unanswered);
	printf("called by us %llu, challenged %llu; refreshed by scripts %llu, glares %llu\n",
		(unsigned long long)outs, (unsigned long long)c->challenged,
		(unsigned long long)c->refreshed, (unsigned long long)c->glares);
	printf("phones: offers %llu busy %llu; kills %llu vanished %llu reboots %llu cuts %llu "
	       "strays %llu "
	       "ended in silence %llu\n",
		(unsigned long long)c->offers, (unsigned long long)c->busy,
		(unsigned long long)c->kills, (unsigned long long)c->vanished,
		(unsigned long long)c->reboots, (unsigned long long)c->cuts,
		(unsigned long long)c->strays, (unsigned long long)c->silent);
	printf("datagrams %llu: lost %llu doubled %llu late %llu refused %llu cut %llu to nobody "
	       "%llu; trace %016llx\n",
		(unsigned long long)c->net.sent, (unsigned long long)c->net.lost,
		(unsigned long long)c->net.doubled, (unsigned long long)c->net.late,
		(unsigned long long)c->net.refused, (unsigned long long)c->net.cut,
		(unsigned long long)c->net.nowhere, (unsigned long long)c->hash);
	printf("%.1f s of CPU, %.0f calls/s\n", took_s, (double)c->calls / took_s);
}

void storm_again(const struct storm_options *o, uint64_t seed, unsigned calls)
{
	const struct net_faults *f = &o->faults;

	printf("again: wire_storm --calls %u --seed %llu --loss %u --double %u --late %u --refuse "
	       "%u --delay %u%s\n",
		calls, (unsigned long long)seed, f->lost / 10, f->doubled / 10, f->late / 10,
		f->refused, f->delay_ms, o->gentle ? " --gentle" : "");
}
