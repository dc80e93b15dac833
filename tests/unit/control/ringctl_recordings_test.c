// `recordings check`: files against their ledgers, and what is missing altogether.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/ops/ringctl_fetch.h"
#include "control/ops/ringctl_recordings.h"
#include "dsp/wav.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"
#include "tests/unit/control/folder.h"

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
	ck_assert_int_eq(fetch_recording(r, f, sentence), code);
	ck_assert_msg(strstr(sentence, part) != NULL, "%s", sentence);
	json_decref(r);
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
	fetch(row("1", "open"), &force, 1, "still being written");
	json_t *bad = row("1", "whole");
	json_object_set_new(bad, "crc32c", json_integer(1));
	fetch(bad, &force, 1, "not as its ledger says");
	ck_assert(same_as_file(to, "mine"));
	fetch(row("1", "whole"), &force, 0, "as its ledger says");
	ck_assert(same_as_file(to, NULL));
	remove(path);
	fetch(row("1", "whole"), &force, 1, "cannot read");
	ck_assert(same_as_file(to, NULL));
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
	a_recording_is_fetched_whole_or_not_at_all, files_as_their_ledgers_say, files_that_are_not,
	recorded_calls_without_a_ledger)
