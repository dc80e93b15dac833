// `recordings check`: files against their ledgers, and what is missing altogether.
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/ringctl/fetch.h"
#include "control/ringctl/keep.h"
#include "control/ringctl/recordings.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

#define HEADER	4096
#define SAMPLES 800

static char folder[64], path[96];
static uint8_t file[HEADER + 2 * SAMPLES];

static void write_file(size_t len)
{
	FILE *f = fopen(path, "wb");
	ck_assert_uint_eq(fwrite(file, 1, len, f), len);
	fclose(f);
}

static void make_file(void)
{
	struct wav_info info = {
		.format = WAV_ALAW, .channels = 2, .rate_hz = 8000, .data_bytes = 2 * SAMPLES};
	folder_new(folder);
	str_format(path, sizeof(path), "%s/a.wav", folder);
	ck_assert_int_eq(wav_write_header(file, HEADER, &info), 0);
	for (size_t i = HEADER; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * 7);
	write_file(sizeof(file));
}

static json_t *row(const char *call, const char *state)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:I}", "call", call, "file", path, "state", state,
		"law", "alaw", "samples", SAMPLES, "crc32c",
		(json_int_t)crc32c(0, file + HEADER, 2 * SAMPLES));
}

// The verdict on one row and its problem.
static void expect(json_t *r, const char *result, const char *problem)
{
	json_t *rows = json_array();
	json_array_append_new(rows, r);
	json_t *verdicts = recordings_judge(rows, NULL), *v = json_array_get(verdicts, 0);
	ck_assert_str_eq(json_string_value(json_object_get(v, "result")), result);
	const char *text = json_string_value(json_object_get(v, "problem"));
	ck_assert_str_eq(text ? text : "", problem);
	json_decref(verdicts);
	json_decref(rows);
}

START_TEST(files_as_their_ledgers_say)
{
	make_file();
	expect(row("1", "whole"), "ok", "");
	expect(row("1", "open"), "open", "");
	json_t *failed = row("1", "failed");
	json_object_set_new(failed, "why", json_string("disk full"));
	expect(failed, "bad", "failed: disk full");
	folder_remove(folder);
}
END_TEST

START_TEST(files_that_are_not)
{
	make_file();
	json_t *r = row("1", "whole");
	json_object_set_new(r, "law", json_string("ulaw"));
	expect(r, "bad", "is of another format than the ledger says");
	file[sizeof(file) - 1] ^= 1;
	r = row("1", "whole"); // the ledger of the altered sound, the file as it was
	char problem[128];
	file[sizeof(file) - 1] ^= 1;
	str_format(problem, sizeof(problem), "has sound with CRC32C %08x, the ledger says %08x",
		crc32c(0, file + HEADER, 2 * SAMPLES),
		(unsigned)json_integer_value(json_object_get(r, "crc32c")));
	expect(r, "bad", problem);
	write_file(sizeof(file) - 2);
	r = row("1", "whole");
	expect(r, "bad", "has 1598 bytes of sound in 5694, the ledger says 1600");
	remove(path);
	expect(row("1", "whole"), "bad", "cannot be read: No such file or directory");
	folder_remove(folder);
}
END_TEST

START_TEST(recorded_calls_without_a_ledger)
{
	char sentence[256];
	make_file();
	json_t *rows = json_array(),
	       *calls = json_loads("[{\"call\":\"1\",\"recording\":\"a\"},"
				   "{\"call\":\"2\",\"recording\":\"\"},"
				   "{\"call\":\"3\"}]",
		       0, NULL);
	json_array_append_new(rows, row("1", "whole"));
	json_t *verdicts = recordings_judge(rows, calls);
	struct recordings_sum sum = recordings_sum(verdicts);
	recordings_sentence(&sum, sentence);
	ck_assert_str_eq(sentence, "to record 1 = recorded 1, each as its ledger says");
	json_decref(verdicts);
	json_array_append_new(
		calls, json_pack("{s:s,s:s}", "call", "4", "recording", "never-written"));
	verdicts = recordings_judge(rows, calls);
	sum = recordings_sum(verdicts);
	recordings_sentence(&sum, sentence);
	ck_assert_str_eq(sentence, "to record 2, recorded 1: 1 missing or not as the ledger says");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_array_get(verdicts, 1), "call")), "4");
	json_decref(verdicts);
	json_decref(calls);
	json_decref(rows);
	folder_remove(folder);
}
END_TEST

static void fetch(json_t *r, const struct fetch *f, int code, const char *part)
{
	char sentence[512];
	int from = open(path, O_RDONLY);
	ck_assert_int_eq(fetch_place(f, sentence) || fetch_recording(r, from, f, sentence), code);
	if (from >= 0)
		close(from);
	ck_assert_msg(strstr(sentence, part) != NULL, "%s", sentence);
	json_decref(r);
}

static unsigned files_there(void)
{
	unsigned n = 0;
	DIR *d = opendir(folder);
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static bool same_as_file(const char *name, const char *begin)
{
	static uint8_t got[sizeof(file) + 1];
	FILE *f = fopen(name, "rb");
	ck_assert_ptr_nonnull(f);
	size_t n = fread(got, 1, sizeof(got), f);
	fclose(f);
	return begin ? n == strlen(begin) && memcmp(got, begin, n) == 0
		     : n == sizeof(file) && memcmp(got, file, n) == 0;
}

START_TEST(a_recording_is_fetched_whole_or_not_at_all)
{
	char to[128];
	make_file();
	str_format(to, sizeof(to), "%s/out.wav", folder);
	const struct fetch f = {.to = to}, force = {.to = to, .force = true};
	fetch(row("1", "whole"), &f, 0, "0.1 s, length and checksum as its ledger says: ");
	ck_assert(same_as_file(to, NULL));
	FILE *other = fopen(to, "wb");
	fputs("mine", other);
	fclose(other);
	fetch(row("1", "whole"), &f, 1, "exists: --force overwrites it");
	ck_assert(same_as_file(to, "mine"));
	json_t *failed = row("1", "failed");
	json_object_set_new(failed, "why", json_string("disk full"));
	fetch(failed, &force, 1, "not as its ledger says: failed: disk full");
	json_t *bad = row("1", "whole");
	json_object_set_new(bad, "crc32c", json_integer(1));
	fetch(bad, &force, 1, "not as its ledger says");
	ck_assert(same_as_file(to, "mine"));
	fetch(row("1", "whole"), &force, 0, "as its ledger says");
	ck_assert(same_as_file(to, NULL));
	remove(path);
	fetch(row("1", "whole"), &force, 1, "did not hand the recording over");
	ck_assert(same_as_file(to, NULL));
	ck_assert_uint_eq(files_there(), 1);
	folder_remove(folder);
}
END_TEST

// A link keeps leading where it does, what is no file stays what it is, and whoever was quicker
// keeps his.
START_TEST(what_stands_in_the_place_is_respected)
{
	char to[128], link[128];
	struct stat there;
	struct keep k;
	make_file();
	str_format(to, sizeof(to), "%s/out.wav", folder);
	str_format(link, sizeof(link), "%s/link", folder);
	const struct fetch f = {.to = link}, force = {.to = link, .force = true};
	ck_assert_int_eq(symlink("out.wav", link), 0);
	fetch(row("1", "whole"), &f, 1, "exists: --force overwrites it");
	fetch(row("1", "whole"), &force, 1, "cannot write"); // it leads to nothing
	ck_assert_int_ne(access(to, F_OK), 0);
	fclose(fopen(to, "wb"));
	fetch(row("1", "whole"), &force, 0, "as its ledger says");
	ck_assert(same_as_file(to, NULL));
	ck_assert_int_eq(lstat(link, &there), 0);
	ck_assert(S_ISLNK(there.st_mode));
	const struct fetch device = {.to = "/dev/null", .force = true};
	fetch(row("1", "whole"), &device, 0, "as its ledger says");
	ck_assert_int_eq(lstat("/dev/null", &there), 0);
	ck_assert(S_ISCHR(there.st_mode));
	remove(to);
	ck_assert_int_eq(keep_begin(&k, to, false), 0);
	FILE *other = fopen(to, "wb");
	fputs("mine", other);
	fclose(other);
	ck_assert_int_eq(write(k.fd, "his", 3), 3);
	ck_assert_int_eq(keep_end(&k), -EEXIST);
	ck_assert(same_as_file(to, "mine"));
	ck_assert_uint_eq(files_there(), 3);
	folder_remove(folder);
}
END_TEST

static size_t limited_write(struct fetch *f, rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	fetch(row("1", "whole"), f, 1, "cannot write");
	ck_assert_int_eq(
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}), 0);
	return files_there();
}

// With no room for all of it nothing stays behind, and what was there is as it was.
START_TEST(no_half_of_it_stays)
{
	char to[128];
	make_file();
	str_format(to, sizeof(to), "%s/out.wav", folder);
	struct fetch f = {.to = to}, force = {.to = to, .force = true};
	ck_assert_uint_eq(limited_write(&f, 1000), 1);
	FILE *other = fopen(to, "wb");
	fputs("mine", other);
	fclose(other);
	ck_assert_uint_eq(limited_write(&force, 1000), 2);
	ck_assert(same_as_file(to, "mine"));
	folder_remove(folder);
}
END_TEST

START_TEST(a_recording_is_not_fetched_over_itself)
{
	char to[128];
	make_file();
	str_format(to, sizeof(to), "%s/link.wav", folder);
	const struct fetch itself = {.to = path, .force = true}, link = {.to = to, .force = true};
	fetch(row("1", "whole"), &itself, 1, "is the recording itself");
	ck_assert(same_as_file(path, NULL));
	ck_assert_int_eq(symlink(path, to), 0);
	fetch(row("1", "whole"), &link, 1, "is the recording itself");
	ck_assert(same_as_file(path, NULL));
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("ringctl_recordings", a_recording_is_not_fetched_over_itself,
	a_recording_is_fetched_whole_or_not_at_all, what_stands_in_the_place_is_respected,
	no_half_of_it_stays, files_as_their_ledgers_say, files_that_are_not,
	recorded_calls_without_a_ledger)
