// The recorder: frames pushed into a tap stand in the file at their places, on their sides.
#include "control/record/recorder.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "control/config/config.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

struct bench_recorder {
	char dir[64];
	struct tap *tap;
	struct recorder *recorder;
	struct recording_result last;
	unsigned results;
};

static void result_note(const struct recording_result *result, void *arg)
{
	struct bench_recorder *b = arg;

	b->last = *result;
	b->results++;
}

static void bench_start(struct bench_recorder *b, unsigned calls_max)
{
	char error[512];
	struct config config = {
		.recording = {.calls_max = calls_max, .flush_s = 60, .free_min_bytes = 1}};

	memset(b, 0, sizeof(*b));
	folder_new(b->dir);
	str_copy(config.recording.directory, sizeof(config.recording.directory), b->dir);
	ck_assert_int_eq(tap_new(2, 4096, &b->tap), 0);
	int rc = recorder_start(&config, b->tap, &b->recorder, error);
	ck_assert_msg(!rc, "%d %s", rc, error);
	recorder_set_result(b->recorder, result_note, b);
}

static void bench_stop(struct bench_recorder *b)
{
	recorder_stop(b->recorder);
	tap_free(b->tap);
	folder_remove(b->dir);
}

static void bench_wait(struct bench_recorder *b, unsigned results)
{
	struct pollfd p = {.fd = recorder_fd(b->recorder), .events = POLLIN};

	while (b->results < results) {
		ck_assert_int_gt(poll(&p, 1, 10000), 0);
		recorder_poll(b->recorder);
	}
}

static uint32_t bench_open(struct bench_recorder *b, enum codec_id law, char file[512])
{
	struct recording_request q = {
		.call = {.node = 1, .counter = 2, .start = 3},
		.tenant = "acme/../x",
		.caller = "+8613912345678",
		.law = law,
		.wall_ns = 1792137600000000000ull,
	};
	uint64_t start_ns;
	uint32_t number = 0;

	ck_assert_int_eq(recorder_open(b->recorder, &q, &number, &start_ns, file), 0);
	ck_assert_uint_ne(number, 0);
	ck_assert_uint_ne(start_ns, 0);
	return number;
}

// Sound is pushed faster than it is spoken: the recorder is told and will make room.
static void bench_push(struct bench_recorder *b, unsigned worker, const struct tap_frame *f)
{
	struct tap_frame own = *f;

	own.writer = (uint8_t)worker;
	while (!tap_push(b->tap, worker, &own)) {
		tap_wake(b->tap);
		usleep(100);
	}
	tap_wake(b->tap);
}

static void bench_end(struct bench_recorder *b, uint32_t number)
{
	for (unsigned side = 0; side < 2; side++) {
		struct tap_frame end = {.kind = TAP_END, .side = side, .recording = number};

		bench_push(b, 0, &end);
	}
	recorder_close(b->recorder, number);
}

static void result_expect(const struct bench_recorder *b, const struct sound *s, const char *file)
{
	char why[256];

	ck_assert_int_eq(b->last.error, 0);
	ck_assert_str_eq(b->last.file, file);
	ck_assert_uint_eq(b->last.samples, s->samples);
	sound_expect(s, file, s->samples);
	ck_assert_msg(!recording_check(&b->last, why), "%s", why);
}

static void two_sides(enum codec_id law)
{
	static struct sound s;
	struct bench_recorder b;
	struct tap_frame f;
	char file[512];

	// All through one worker's ring: seconds of sound are pushed in a moment, and two rings
	// would be as far apart as calls never are.
	bench_start(&b, 8);
	sound_init(&s, law);
	uint32_t number = bench_open(&b, law, file);
	// 20 s: the left side all of it, the right one from 1 s to 15 s with every tenth lost.
	for (unsigned n = 0; n < 1000; n++) {
		sound_frame(&f, number, 0, n * SOUND_FRAME, 0);
		bench_push(&b, 0, &f);
		sound_place(&s, &f);
		if (n < 50 || n >= 750 || n % 10 == 3)
			continue;
		sound_frame(&f, number, 1, n * SOUND_FRAME + 17, 0);
		bench_push(&b, 0, &f);
		sound_place(&s, &f);
	}
	bench_end(&b, number);
	bench_wait(&b, 1);
	result_expect(&b, &s, file);
	ck_assert_uint_eq(b.last.side[0].written, 1000);
	ck_assert_uint_eq(b.last.side[0].seen, 1000);
	ck_assert_uint_eq(b.last.side[1].written, 630);
	ck_assert_uint_eq(b.last.side[1].seen, 630);
	ck_assert_uint_eq(b.last.side[1].late + b.last.side[1].lost, 0);
	bench_stop(&b);
}

START_TEST(both_sides_both_laws)
{
	two_sides(CODEC_PCMU);
	two_sides(CODEC_PCMA);
}
END_TEST

START_TEST(overlap_jump_and_late)
{
	static struct sound s;
	struct bench_recorder b;
	struct tap_frame f;
	char file[512];

	bench_start(&b, 8);
	sound_init(&s, CODEC_PCMU);
	uint32_t number = bench_open(&b, CODEC_PCMU, file);
	for (unsigned n = 0; n < 50; n++) {
		// Every frame begins 40 samples before the end of the one before: the later wins.
		sound_frame(&f, number, 0, n * 120, n);
		bench_push(&b, 0, &f);
		sound_place(&s, &f);
	}
	// 40 s of nothing, then sound: no frame may be refused, all between is silence.
	for (unsigned n = 0; n < 20; n++) {
		sound_frame(&f, number, 1, 8000 * 40 + n * SOUND_FRAME, n);
		bench_push(&b, 0, &f);
		sound_place(&s, &f);
	}
	// For a chunk long left behind: counted, not placed.
	sound_frame(&f, number, 0, 8000, 99);
	bench_push(&b, 0, &f);
	bench_end(&b, number);
	bench_wait(&b, 1);
	result_expect(&b, &s, file);
	ck_assert_uint_eq(b.last.side[0].written, 50);
	ck_assert_uint_eq(b.last.side[0].late, 1);
	ck_assert_uint_eq(b.last.side[1].written, 20);
	bench_stop(&b);
}
END_TEST

START_TEST(an_end_that_never_comes_is_waited_for_a_moment)
{
	static struct sound s;
	struct bench_recorder b;
	struct tap_frame f;
	char file[512];

	bench_start(&b, 8);
	sound_init(&s, CODEC_PCMU);
	uint32_t number = bench_open(&b, CODEC_PCMU, file);
	sound_frame(&f, number, 0, 0, 0);
	sound_place(&s, &f);
	bench_push(&b, 0, &f);
	recorder_close(b.recorder, number);
	bench_wait(&b, 1);
	result_expect(&b, &s, file);
	bench_stop(&b);
}
END_TEST

START_TEST(nothing_said_is_an_empty_file)
{
	static struct sound s;
	struct bench_recorder b;
	char file[512];

	bench_start(&b, 8);
	sound_init(&s, CODEC_PCMA);
	bench_end(&b, bench_open(&b, CODEC_PCMA, file));
	bench_wait(&b, 1);
	result_expect(&b, &s, file);
	ck_assert_ptr_nonnull(strstr(file, "/acme____x/"));
	ck_assert_ptr_nonnull(strstr(file, "-+8613912345678-0000000000000003"));
	bench_stop(&b);
}
END_TEST

START_TEST(more_than_the_limit_is_refused_and_numbers_are_not_confused)
{
	struct bench_recorder b;
	struct recording_request q = {.tenant = "t", .caller = "1", .law = CODEC_PCMU};
	struct recorder_status status;
	struct tap_frame f;
	char file[512];
	uint32_t number[4], more;
	uint64_t start_ns;

	bench_start(&b, 4);
	for (unsigned i = 0; i < 4; i++) {
		q.call.counter = i;
		ck_assert_int_eq(recorder_open(b.recorder, &q, &number[i], &start_ns, file), 0);
	}
	q.call.counter = 9;
	ck_assert_int_eq(recorder_open(b.recorder, &q, &more, &start_ns, file), -EMFILE);
	bench_end(&b, number[2]);
	bench_wait(&b, 1);
	ck_assert_int_eq(recorder_open(b.recorder, &q, &more, &start_ns, file), 0);
	ck_assert_uint_ne(more, number[2]);
	sound_frame(&f, number[2], 0, 0, 0); // of the one that is over
	ck_assert(!tap_push(b.tap, 0, &f));
	bench_end(&b, more);
	bench_wait(&b, 2);
	ck_assert_uint_eq(b.last.samples, 0);
	recorder_status(b.recorder, &status);
	ck_assert_uint_eq(status.frames_lost, 0);
	ck_assert_uint_eq(status.open, 3);
	bench_stop(&b); // ends the three that are open
	ck_assert_uint_eq(b.results, 5);
}
END_TEST

START_TEST(a_folder_that_goes_away_fails_one_and_is_made_again)
{
	struct bench_recorder b;
	char file[512], path[512];

	bench_start(&b, 4);
	bench_end(&b, bench_open(&b, CODEC_PCMU, file));
	bench_wait(&b, 1);
	// A file where the tenant's folder has to be.
	str_format(path, sizeof(path), "%s/acme____x", b.dir);
	folder_remove(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	uint32_t number = bench_open(&b, CODEC_PCMU, file);
	bench_wait(&b, 2); // told before it is closed
	ck_assert_int_eq(b.last.error, -ENOTDIR);
	recorder_close(b.recorder, number);
	unlink(path);
	bench_end(&b, bench_open(&b, CODEC_PCMU, file));
	bench_wait(&b, 3);
	ck_assert_int_eq(b.last.error, 0);
	bench_stop(&b);
}
END_TEST

START_TEST(what_was_recorded_into_a_removed_folder_is_not_whole)
{
	struct bench_recorder b;
	struct tap_frame f;
	struct stat there;
	char file[512];

	bench_start(&b, 4);
	uint32_t number = bench_open(&b, CODEC_PCMU, file);
	sound_frame(&f, number, 0, 0, 0);
	bench_push(&b, 0, &f);
	while (stat(file, &there) || there.st_size < 4096)
		usleep(1000);
	folder_remove(b.dir); // all of it
	bench_end(&b, number);
	bench_wait(&b, 1);
	ck_assert_int_eq(b.last.error, -ENOENT);
	number = bench_open(&b, CODEC_PCMU, file);
	sound_frame(&f, number, 0, 0, 0);
	bench_push(&b, 0, &f);
	bench_end(&b, number);
	bench_wait(&b, 2);
	ck_assert_int_eq(b.last.error, 0);
	ck_assert_int_eq(stat(file, &there), 0);
	bench_stop(&b);
}
END_TEST

START_TEST(a_second_recorder_is_refused)
{
	struct bench_recorder b;
	struct recorder *other;
	struct config config = {.recording = {.calls_max = 4}};
	char error[512];

	bench_start(&b, 4);
	str_copy(config.recording.directory, sizeof(config.recording.directory), b.dir);
	ck_assert_int_eq(recorder_start(&config, NULL, &other, error), -EBUSY);
	ck_assert_ptr_nonnull(strstr(error, "another ringhall (pid "));
	str_copy(config.recording.directory, sizeof(config.recording.directory), "/proc/none");
	ck_assert_int_ne(recorder_start(&config, NULL, &other, error), 0);
	ck_assert_ptr_nonnull(strstr(error, "recording.directory"));
	bench_stop(&b);
}
END_TEST

START_TEST(check_sees_a_changed_byte_a_lost_one_and_another_law)
{
	static struct sound s;
	struct bench_recorder b;
	struct tap_frame f;
	char file[512], why[256];

	bench_start(&b, 4);
	sound_init(&s, CODEC_PCMU);
	uint32_t number = bench_open(&b, CODEC_PCMU, file);
	sound_frame(&f, number, 1, 300, 0);
	sound_place(&s, &f);
	bench_push(&b, 0, &f);
	bench_end(&b, number);
	bench_wait(&b, 1);
	result_expect(&b, &s, file);
	b.last.law = CODEC_PCMA;
	ck_assert_int_eq(recording_check(&b.last, why), -EBADMSG);
	b.last.law = CODEC_PCMU;
	int fd = open(file, O_RDWR);
	ck_assert_int_eq(pwrite(fd, "x", 1, 4096 + 700), 1);
	ck_assert_int_eq(recording_check(&b.last, why), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(why, "CRC32C"));
	ck_assert_int_eq(ftruncate(fd, 4096 + 700), 0);
	ck_assert_int_eq(recording_check(&b.last, why), -EBADMSG);
	close(fd);
	bench_stop(&b);
}
END_TEST

START_TEST(a_power_cut_is_repaired_from_the_file)
{
	static struct sound s;
	static uint8_t zeros[100000], silence[4096];
	struct bench_recorder b;
	struct recording_result repaired;
	struct tap_frame f;
	char file[512], why[256];

	bench_start(&b, 4);
	sound_init(&s, CODEC_PCMA);
	uint32_t number = bench_open(&b, CODEC_PCMA, file);
	for (unsigned n = 0; n < 100; n++) {
		sound_frame(&f, number, n & 1, n * SOUND_FRAME, 0);
		sound_place(&s, &f);
		bench_push(&b, 0, &f);
	}
	bench_end(&b, number);
	bench_wait(&b, 1);
	// As the cut leaves it: the first header, a block filled up with silence, space allocated
	// ahead.
	int fd = open(file, O_RDWR);
	struct wav_info info = {.format = WAV_ALAW, .channels = 2, .rate_hz = 8000};
	uint8_t header[4096];
	ck_assert_int_eq(wav_write_header(header, sizeof(header), &info), 0);
	ck_assert_int_eq(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	size_t fill = -2 * s.samples % sizeof(silence);
	memset(silence, s.silence, sizeof(silence));
	ck_assert_int_eq(pwrite(fd, silence, fill, 4096 + 2 * s.samples), (ssize_t)fill);
	ck_assert_int_eq(
		pwrite(fd, zeros, sizeof(zeros), 4096 + 2 * s.samples + fill), sizeof(zeros));
	close(fd);
	recording_repair(&b.last.call, file, &repaired);
	ck_assert_int_eq(repaired.error, 0);
	ck_assert(repaired.recovered);
	ck_assert_str_eq(repaired.id, b.last.id);
	ck_assert_uint_eq(repaired.samples, s.samples);
	ck_assert_uint_eq(repaired.crc32c, b.last.crc32c);
	sound_expect(&s, file, s.samples);
	ck_assert_int_eq(recording_check(&repaired, why), 0);
	unlink(file);
	recording_repair(&b.last.call, file, &repaired);
	ck_assert_int_eq(repaired.error, -ENOENT);
	bench_stop(&b);
}
END_TEST

UNIT_MAIN("recorder", both_sides_both_laws, overlap_jump_and_late,
	an_end_that_never_comes_is_waited_for_a_moment, nothing_said_is_an_empty_file,
	more_than_the_limit_is_refused_and_numbers_are_not_confused,
	a_folder_that_goes_away_fails_one_and_is_made_again,
	what_was_recorded_into_a_removed_folder_is_not_whole, a_second_recorder_is_refused,
	check_sees_a_changed_byte_a_lost_one_and_another_law, a_power_cut_is_repaired_from_the_file)
