// Sums, and the limit of the process.
#include "control/config/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "control/config/config.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

#define OWN_GUESS	128 // engine, log, store, rings, before it can be counted
#define START_LEAST	60  // one worker, one port
#define PASSING		64  // a segment's turn, SQLite's, a reload's files, routes, fetches
#define CLIENTS		66  // of the command socket
#define KNOWN_OF_AGENT	2   // an old connection may linger
#define KNOWN_OF_TRUNK	32
#define STRANGERS_LEAST 4  // else no phone could ever become known
#define LEAST_MORE	16 // than are open after the start
#define WATCHED_MIN	4096

LOG_TOPIC("files");

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

static void plan(const struct config *c, uint32_t own, struct files *f)
{
	*f = (struct files){
		.own = own,
		.recordings = c->recording.calls_max,
		.clients = CLIENTS,
		.known = KNOWN_OF_AGENT * c->agent_count + KNOWN_OF_TRUNK * c->trunk_count,
		.strangers = c->sip.unknown_connections,
	};
	f->needed = f->own + f->recordings + f->clients + f->known + f->strangers + PASSING;
}

int files_raise(const struct config *config, char error[512])
{
	struct rlimit r;
	struct files f;

	plan(config, OWN_GUESS, &f);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < f.needed && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < f.needed ? r.rlim_max : f.needed;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < START_LEAST) {
		str_format(error, 512,
			"%llu descriptors are allowed, a start alone takes about %u and this "
			"configuration can need %u: raise LimitNOFILE= of the service, or ulimit "
			"-n",
			(unsigned long long)r.rlim_cur, START_LEAST, f.needed);
		return -EMFILE;
	}
	return (int)(f.needed + PASSING > WATCHED_MIN ? f.needed + PASSING : WATCHED_MIN);
}

static uint32_t count_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint32_t n = 0;

	if (d == NULL)
		return OWN_GUESS;
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n - 1; // the folder itself
}

int files_settle(const struct config *config, struct files *out, char error[512])
{
	struct rlimit r;

	plan(config, out->own ? out->own : count_open(), out);
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return -errno;
	out->limit = r.rlim_cur;
	if (out->limit < out->own + LEAST_MORE) {
		str_format(error, 512,
			"%llu descriptors are allowed, %u are open after the start and %u are "
			"needed: raise LimitNOFILE= of the service, or ulimit -n",
			(unsigned long long)out->limit, out->own, out->needed);
		return -EMFILE;
	}
	if (out->limit >= out->needed)
		return 0;
	uint32_t wanted = out->strangers, others = out->needed - wanted;
	out->strangers = out->limit > others ? least(out->limit - others, wanted) : 0;
	if (out->strangers < STRANGERS_LEAST)
		out->strangers = least(STRANGERS_LEAST, wanted);
	log_warn("fewer descriptors are allowed than this configuration can need: raise "
		 "LimitNOFILE= of the service, or ulimit -n allowed=%llu needed=%u recordings=%u "
		 "known_connections=%u unknown_connections=%u",
		(unsigned long long)out->limit, out->needed, out->recordings, out->known,
		out->strangers);
	return 0;
}
