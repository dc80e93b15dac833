// kill -9 in the middle of recordings: the next start finds every sound that was in memory.
//
// A child records calls whose frames come 40 times as fast as spoken, tells what it pushed in
// memory shared with its parent, and is killed at a random moment, many times. Lengths are
// compared with what had been pushed 40 ms before the kill; a loaded machine may hold up a
// thread longer than that, so the median of all rounds is judged, the worst is printed.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "control/config/config.h"
#include "control/record/recorder.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

#define CALLS  6u
#define FRAMES 2000u // of a side: 40 s
#define ROUNDS 40u

struct child_call { // written by the child, read by the parent once it is dead
	struct callid call;
	char file[512];
	_Atomic uint32_t pushed; // frames of each side
	_Atomic uint32_t told;	 // its result came
	struct recording_result result;
	uint64_t pushed_at[FRAMES];
};

struct shared {
	_Atomic uint32_t started;
	struct child_call calls[CALLS];
};

static struct shared *shared;
static char dir[64];
static struct recording_result recovered[CALLS];
static unsigned recovered_count;

static struct recorder *start(struct tap *tap)
{
	struct config config = {.recording = {.calls_max = CALLS, .flush_s = 1}};
	struct recorder *r;
	char error[512];

	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	int rc = recorder_start(&config, tap, &r, error);
	if (rc) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	return r;
}

static struct child_call *call_find(const struct callid *call)
{
	return &shared->calls[call->counter];
}

static void child_result(const struct recording_result *result, void *arg)
{
	struct child_call *c = call_find(&result->call);

	(void)arg;
	c->result = *result;
	atomic_store(&c->told, 1);
}

static enum codec_id call_law(unsigned i)
{
	return i & 1 ? CODEC_PCMA : CODEC_PCMU;
}

static void child_push(struct tap *tap, const struct tap_frame *f)
{
	while (!tap_push(tap, 0, f)) // faster than spoken: the recorder makes room
		tap_wake(tap);
}

static void child_close(struct tap *tap, struct recorder *r, uint32_t number)
{
	for (unsigned side = 0; side < 2; side++) {
		struct tap_frame end = {.kind = TAP_END, .side = side, .recording = number};

		child_push(tap, &end);
	}
	tap_wake(tap);
	recorder_close(r, number);
}

// Pushes for ever; even calls are closed when they have half their frames.
static void child_run(unsigned salt)
{
	uint32_t number[CALLS];
	uint64_t start_ns;
	struct tap_frame f;
	struct tap *tap;

	if (tap_new(1, 1024, &tap))
		abort();
	struct recorder *r = start(tap);
	recorder_set_result(r, child_result, NULL);
	for (unsigned i = 0; i < CALLS; i++) {
		struct recording_request q = {.call = {.counter = i, .start = salt},
			.tenant = "t",
			.caller = "1",
			.law = call_law(i),
			.wall_ns = clock_wall_ns()};

		shared->calls[i].call = q.call;
		if (recorder_open(r, &q, &number[i], &start_ns, shared->calls[i].file))
			abort();
	}
	atomic_store(&shared->started, 1);
	for (unsigned n = 0; n < FRAMES; n++) {
		for (unsigned i = 0; i < CALLS; i++) {
			if (i % 2 == 0 && n == FRAMES / 8)
				child_close(tap, r, number[i]);
			if (i % 2 == 0 && n >= FRAMES / 8)
				continue;
			for (unsigned side = 0; side < 2; side++) {
				sound_frame(&f, number[i], side, n * SOUND_FRAME, salt + i);
				child_push(tap, &f);
			}
			shared->calls[i].pushed_at[n] = clock_mono_ns();
			atomic_store(&shared->calls[i].pushed, n + 1);
		}
		tap_wake(tap);
		recorder_poll(r);
		usleep(500);
	}
	pause();
}

static void note_recovered(const struct recording_result *result, void *arg)
{
	(void)arg;
	ck_assert(result->recovered);
	ck_assert_uint_lt(recovered_count, CALLS);
	recovered[recovered_count++] = *result;
}

static const struct recording_result *find_result(const struct child_call *c)
{
	for (unsigned i = 0; i < recovered_count; i++)
		if (recovered[i].call.counter == c->call.counter)
			return &recovered[i];
	return atomic_load(&c->told) ? &c->result : NULL;
}

static void opens_in_sox(const char *file)
{
	char command[700];

	str_format(command, sizeof(command),
		"! command -v soxi >/dev/null || soxi -c '%s' | grep -qx 2", file);
	ck_assert_int_eq(system(command), 0);
}

// The kill came between the two sides, or before what had been copied was counted: the second
// side's last frame is silence as far as it is not there.
static void last_frame_of_side(struct sound *s, const char *file, uint32_t frame)
{
	uint8_t data[2 * SOUND_FRAME];
	FILE *f = fopen(file, "rb");

	memset(data, s->silence, sizeof(data)); // as what was cut off was

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 4096 + 2 * (long)frame * SOUND_FRAME, SEEK_SET), 0);
	ck_assert_uint_gt(fread(data, 1, sizeof(data), f), 0);
	fclose(f);
	for (unsigned i = 0; i < SOUND_FRAME; i++)
		if (data[2 * i + 1] == s->silence)
			s->side[1][frame * SOUND_FRAME + i] = s->silence;
}

// Returns how much sound, pushed before the kill, is missing in ns of the child's time.
static uint64_t call_verify(unsigned i, unsigned salt, uint64_t killed_ns)
{
	static struct sound s;
	struct child_call *c = &shared->calls[i];
	const struct recording_result *result = find_result(c);
	uint32_t pushed = atomic_load(&c->pushed);
	struct tap_frame f;
	char why[256];

	ck_assert_msg(result, "call %u has no result", i);
	ck_assert_int_eq(result->error, 0);
	ck_assert_str_eq(result->file, c->file);
	sound_init(&s, call_law(i));
	// The last frame may stand on one side only, and may not have been counted by the child.
	// Where its end sounds like silence, nobody can tell that it is there.
	uint64_t whole = (result->samples + SOUND_FRAME - 1) / SOUND_FRAME * SOUND_FRAME;
	for (unsigned n = 0; n < pushed + 1 && n < FRAMES; n++)
		for (unsigned side = 0; side < 2; side++) {
			sound_frame(&f, 0, side, n * SOUND_FRAME, salt + i);
			if ((n + 1) * SOUND_FRAME <= whole)
				sound_place(&s, &f);
		}
	ck_assert_uint_eq(s.samples, whole);
	uint32_t kept = whole / SOUND_FRAME;
	if (kept && result->side[1].written < kept)
		last_frame_of_side(&s, c->file, kept - 1);
	sound_expect(&s, c->file, result->samples);
	for (uint64_t at = 2 * result->samples; at < 2 * whole; at++)
		ck_assert_uint_eq(s.side[at & 1][at / 2], s.silence);
	ck_assert_msg(!recording_check(result, why), "%s", why);
	if (i < 2)
		opens_in_sox(c->file);
	if (kept >= pushed || c->pushed_at[kept] >= killed_ns)
		return 0;
	return killed_ns - c->pushed_at[kept];
}

static uint64_t round_run(unsigned salt, struct rng *rng)
{
	uint64_t worst = 0;
	int status;

	memset(shared, 0, sizeof(*shared));
	pid_t child = fork();
	if (!child) {
		child_run(salt);
		_exit(0);
	}
	while (!atomic_load(&shared->started)) {
		usleep(200);
		ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
	}
	usleep(rng_below(rng, 300000));
	uint64_t killed_ns = clock_mono_ns();
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	recovered_count = 0;
	struct recorder *r = start(NULL);
	recorder_set_result(r, note_recovered, NULL);
	recorder_poll(r);
	recorder_stop(r);
	for (unsigned i = 0; i < CALLS; i++) {
		uint64_t lost = call_verify(i, salt, killed_ns);

		worst = lost > worst ? lost : worst;
	}
	return worst;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(killed_at_random_moments)
{
	uint64_t lost[ROUNDS], seed = rng_seed_os();
	struct rng rng;

	rng_seed(&rng, seed);
	folder_new(dir);
	log_set_level("record", LOG_WARN);
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	for (unsigned i = 0; i < ROUNDS; i++)
		lost[i] = round_run(1 + i, &rng);
	qsort(lost, ROUNDS, sizeof(lost[0]), by_size);
	printf("%u kills (seed %llu): sound lost before the kill: median %.1f ms, worst %.1f ms\n",
		ROUNDS, (unsigned long long)seed, lost[ROUNDS / 2] / 1e6, lost[ROUNDS - 1] / 1e6);
	ck_assert_uint_le(lost[ROUNDS / 2], 40 * NS_PER_MS);
	munmap(shared, sizeof(*shared));
	folder_remove(dir);
}
END_TEST

UNIT_MAIN("recorder_kill", killed_at_random_moments)
