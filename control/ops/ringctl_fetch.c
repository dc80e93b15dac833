// A recording out of the folder of the service: judged first, then copied.
#include "control/ops/ringctl_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/ops/ringctl_recordings.h"
#include "engine/base/str.h"

#define COPY_BYTES   65536
#define SAMPLES_A_MS 8
#define ESAME	     EDEADLK // no open() says so

static const char *member(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));
	return text ? text : "";
}

static int copy(int from, int to)
{
	char bytes[COPY_BYTES];
	ssize_t n;
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < n;) {
			ssize_t wrote = write(to, bytes + at, (size_t)(n - at));
			if (wrote < 0)
				return -errno;
			at += wrote;
		}
	return n < 0 ? -errno : 0;
}

static bool is_same(int a, int b)
{
	struct stat x, y;
	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

// What is there stays there, also a link to somewhere; and the recording itself with --force too,
// by whatever name. The descriptor or -errno.
static int target(int from, const struct fetch *f)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (f->force ? 0 : O_EXCL), err = 0;
	if (f->to == NULL)
		return STDOUT_FILENO;
	int to = open(f->to, flags, 0640);
	if (to < 0)
		return -errno;
	if (is_same(from, to))
		err = -ESAME;
	else if (ftruncate(to, 0) != 0 && errno != EINVAL) // a device has no length
		err = -errno;
	if (err)
		close(to);
	return err ? err : to;
}

static int write_to(int from, const struct fetch *f, char sentence[512])
{
	const char *name = f->to ? f->to : "the output";
	int to = target(from, f);
	if (to == -EEXIST || to == -ESAME) {
		str_format(sentence, 512,
			to == -ESAME ? "%s is the recording itself"
				     : "%s exists: --force overwrites it",
			name);
		return 1;
	}
	int err = to < 0 ? to : copy(from, to);
	if (f->to != NULL && to >= 0 && close(to) != 0 && !err)
		err = -errno;
	if (err && f->to != NULL && to >= 0 && !f->force)
		unlink(f->to);
	if (err)
		str_format(sentence, 512, "cannot write %s: %s", name, strerror(-err));
	return err != 0;
}

static int open_file(const json_t *row, char sentence[512])
{
	const char *file = member(row, "file");
	int from = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0 && errno == EACCES)
		str_format(sentence, 512,
			"no permission to read %s: recordings are the service's; ask as root or "
			"as its user",
			file);
	else if (from < 0)
		str_format(sentence, 512, "cannot read %s: %s", file, strerror(errno));
	return from;
}

int fetch_recording(const json_t *row, const struct fetch *f, char sentence[512])
{
	if (strcmp(member(row, "state"), "open") == 0) {
		str_format(sentence, 512,
			"the recording of call %s is still being written: ask when the call has "
			"ended",
			member(row, "call"));
		return 1;
	}
	int from = open_file(row, sentence);
	if (from < 0)
		return 1;
	json_t *rows = json_pack("[O]", row), *verdicts = recordings_judge(rows, NULL);
	const json_t *verdict = json_array_get(verdicts, 0);
	int code = strcmp(member(verdict, "result"), "ok") != 0;
	if (code)
		str_format(sentence, 512, "the recording is not as its ledger says: %s",
			member(verdict, "problem"));
	else
		code = write_to(from, f, sentence);
	json_int_t ms = json_integer_value(json_object_get(row, "samples")) / SAMPLES_A_MS;
	if (!code)
		str_format(sentence, 512, "%lld.%lld s, length and checksum as its ledger says: %s",
			(long long)ms / 1000, (long long)ms % 1000 / 100,
			f->to ? f->to : "written");
	json_decref(verdicts);
	json_decref(rows);
	close(from);
	return code;
}
