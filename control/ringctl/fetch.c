// A recording out of the hands of the daemon: judged, then where it was wanted.
#include "control/ringctl/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/contract/member.h"
#include "control/ringctl/keep.h"
#include "control/ringctl/recordings.h"
#include "engine/base/str.h"

#define COPY_BYTES   65536
#define SAMPLES_A_MS 8

static int copy(int from, int to)
{
	char bytes[COPY_BYTES];
	ssize_t n;
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < n;) {
			ssize_t wrote = write(to, bytes + at, (size_t)(n - at));
			if (wrote < 0 && errno == EINTR)
				continue;
			if (wrote < 0)
				return -errno;
			at += wrote;
		}
	return n < 0 ? -errno : 0;
}

static bool is_same(int fd, const char *path)
{
	struct stat x, y;
	return fstat(fd, &x) == 0 && stat(path, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

static int say_written(const struct fetch *f, int err, char sentence[512])
{
	const char *name = f->to ? f->to : "the output";
	if (err == -EEXIST)
		str_format(sentence, 512, "%s exists: --force overwrites it", name);
	else if (err)
		str_format(sentence, 512, "cannot write %s: %s", name, strerror(-err));
	return err != 0;
}

// 0, or 1 with the sentence.
static int verify_fetched(const json_t *row, int fd, char sentence[512])
{
	char why[320];
	const char *problem = recording_judge_open(row, fd, why);
	if (problem != NULL)
		str_format(sentence, 512, "the recording is not as its ledger says: %s", problem);
	return problem != NULL;
}

// A device or a pipe is written to and stays what it is.
static bool is_stream(const struct fetch *f)
{
	struct stat there;
	return f->to == NULL || (f->force && stat(f->to, &there) == 0 && !S_ISREG(there.st_mode));
}

static int to_stream(const json_t *row, int from, const struct fetch *f, char sentence[512])
{
	if (verify_fetched(row, from, sentence) != 0)
		return 1;
	int to = f->to ? open(f->to, O_WRONLY | O_CLOEXEC) : STDOUT_FILENO;
	int err = to < 0 ? -errno : copy(from, to);
	if (f->to != NULL && to >= 0 && close(to) != 0 && !err)
		err = -errno;
	return say_written(f, err, sentence);
}

// What was written is what is judged.
static int to_file(const json_t *row, int from, const struct fetch *f, char sentence[512])
{
	struct keep k;
	int err = keep_begin(&k, f->to, f->force);
	if (!err)
		err = copy(from, k.fd);
	if (err || verify_fetched(row, k.fd, sentence) != 0) {
		keep_drop(&k);
		return err ? say_written(f, err, sentence) : 1;
	}
	return say_written(f, keep_end(&k), sentence);
}

int fetch_place(const struct fetch *f, char sentence[512])
{
	struct stat there;
	bool taken = f->to != NULL && !f->force && lstat(f->to, &there) == 0;
	return say_written(f, taken ? -EEXIST : 0, sentence);
}

int fetch_recording(const json_t *row, int from, const struct fetch *f, char sentence[512])
{
	int code;
	if (from < 0 && strcmp(member_text(row, "state"), "whole") == 0) {
		str_format(sentence, 512, "ringhall did not hand the recording over");
		code = 1;
	} else if (from < 0) {
		code = verify_fetched(row, from, sentence); // it failed, and the row says why
	} else if (f->to != NULL && is_same(from, f->to)) { // by whatever name
		str_format(sentence, 512, "%s is the recording itself", f->to);
		code = 1;
	} else if (is_stream(f)) {
		code = to_stream(row, from, f, sentence);
	} else {
		code = to_file(row, from, f, sentence);
	}
	json_int_t ms = json_integer_value(json_object_get(row, "samples")) / SAMPLES_A_MS;
	if (!code)
		str_format(sentence, 512, "%lld.%lld s, length and checksum as its ledger says: %s",
			(long long)ms / 1000, (long long)ms % 1000 / 100,
			f->to ? f->to : "written");
	return code;
}
