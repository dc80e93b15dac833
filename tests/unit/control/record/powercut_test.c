// A power cut at any moment: recorder and event log on a disk that forgets what was not synced.
//
// Minutes of calls are recorded in virtual time (powercut_disk.h); then the disk is made as a cut
// leaves it at random moments, a start repairs it, and files and log are judged from outside: sound
// that was heard recording.flush before the cut is there to the sample, of the rest each sample is
// right or silence, headers say what is there, no recording has two ends. POWERCUT_RUNS (1) and
// POWERCUT_CUTS (100) of each; POWERCUT_SEED decides all and is printed. POWERCUT_FLUSH: seconds.
// POWERCUT_LOG: an enum eventlog_sync.
// POWERCUT_NO_SYNC shows what it looks like where nothing syncs.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/base/timer.h"
#include "control/record/recorder.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/powercut_disk.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

#define CALLS	      40u
#define OPEN_MAX      6u
#define RUN_NS	      (100 * NS_PER_S)
#define CALL_MAX      1700u // frames
#define NS_PER_SAMPLE 125000ull

struct call {
	uint32_t number, frames, pushed;
	uint64_t start_ns;
	unsigned talk; // which sides speak when
	bool open, told;
	char file[512];
	struct recording_result result;
	uint8_t *side[2]; // what was sent
	// In the log that is looked at:
	unsigned started, ended;
};

static struct timers timers;

static struct {
	char dir[64];
	unsigned flush_s;
	enum eventlog_sync sync;
	struct tap *tap;
	struct recorder *recorder;
	struct eventlog *log;
	struct call calls[CALLS];
	uint32_t count, open;
	uint64_t end_ns, worst_ns;
	struct rng rng;
} world;

static void virtual_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*mono_ns = cut_now_ns();
	*wall_ns = 1792137600000000000ull + *mono_ns;
}

static uint64_t kernel_wall_ns(void *arg)
{
	return clock_wall_ns();
}

static uint64_t virtual_ms(void *arg)
{
	return cut_now_ns() / NS_PER_MS;
}

static void append(enum event_type type, const struct callid *call, const char *file)
{
	char body[700];

	str_format(body, sizeof(body), "{\"id\":\"%u\",\"file\":\"%s\"}", call->counter, file);
	eventlog_append(world.log, type, "t", call, body);
}

static void on_result(const struct recording_result *r, void *arg)
{
	struct call *c = &world.calls[r->call.counter];

	(void)arg;
	c->told = true;
	c->result = *r;
	append(r->error ? EVENT_RECORDING_FAILED : EVENT_RECORDING_ENDED, &r->call, r->file);
}

static enum codec_id call_law(uint32_t i)
{
	return i & 1 ? CODEC_PCMA : CODEC_PCMU;
}

static void call_begin(void)
{
	uint32_t i = world.count++;
	struct call *c = &world.calls[i];
	struct recording_request q = {.call = {.counter = i},
		.tenant = i % 3 ? "t" : "u",
		.caller = "1",
		.law = call_law(i)};
	uint64_t mono_ns;

	virtual_clock(&q.wall_ns, &mono_ns, NULL);
	c->frames = 1 + rng_below(&world.rng, rng_below(&world.rng, 3) ? CALL_MAX - 1 : 100);
	c->talk = rng_below(&world.rng, 4);
	for (unsigned side = 0; side < 2; side++) {
		c->side[side] = malloc(CALL_MAX * SOUND_FRAME);
		memset(c->side[side], codec_get(q.law)->silence, CALL_MAX * SOUND_FRAME);
	}
	ck_assert_int_eq(recorder_open(world.recorder, &q, &c->number, &c->start_ns, c->file), 0);
	append(EVENT_RECORDING_STARTED, &q.call, c->file);
	c->open = true;
	world.open++;
}

static bool call_speaks(const struct call *c, unsigned side)
{
	switch (c->talk) {
	case 0:
		return true;
	case 1:
		return side == 0; // nobody is there yet
	case 2:
		return c->pushed / 100 % 2 == side; // one after the other
	default:
		return c->pushed < 300 || c->pushed > 900; // a long pause of both
	}
}

static void call_push(struct call *c)
{
	struct tap_frame f;

	for (unsigned side = 0; side < 2; side++) {
		if (!call_speaks(c, side))
			continue;
		sound_frame(&f, c->number, side, c->pushed * SOUND_FRAME, c->number);
		memcpy(c->side[side] + f.position, sound_payload, SOUND_FRAME);
		ck_assert(tap_push(world.tap, 0, &f));
	}
	c->pushed++;
}

static void call_end(struct call *c)
{
	for (unsigned side = 0; side < 2; side++) {
		struct tap_frame end = {.kind = TAP_END, .side = side, .recording = c->number};

		ck_assert(tap_push(world.tap, 0, &end));
	}
	recorder_close(world.recorder, c->number);
	c->open = false;
	world.open--;
}

static bool on_tick(void)
{
	if (world.count < CALLS && world.open < OPEN_MAX && !rng_below(&world.rng, 60) &&
		cut_now_ns() < world.end_ns)
		call_begin();
	for (uint32_t i = 0; i < world.count; i++) {
		struct call *c = &world.calls[i];

		// The frame that has just been spoken.
		if (c->open && cut_now_ns() >= c->start_ns + (c->pushed + 1ull) * 20 * NS_PER_MS)
			call_push(c);
		if (c->open && c->pushed == c->frames)
			call_end(c);
	}
	tap_wake(world.tap);
	recorder_poll(world.recorder);
	eventlog_poll(world.log);
	timers_run(&timers, virtual_ms(NULL));
	return cut_now_ns() < world.end_ns;
}

static struct recorder *recorder_new(struct tap *tap)
{
	struct config config = {.recording = {.calls_max = 4 * OPEN_MAX, .flush_s = world.flush_s}};
	struct recorder *r;
	char error[512];

	str_copy(config.recording.directory, sizeof(config.recording.directory), world.dir);
	int rc = recorder_start(&config, tap, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, on_result, NULL);
	return r;
}

static void log_open(bool virtual_time)
{
	const struct eventlog_options options = {.timers = &timers,
		.directory = world.dir,
		.sync = world.sync,
		.clock = virtual_time ? virtual_clock : NULL};
	struct eventlog_report report;
	int rc = eventlog_open(&options, &world.log, &report);

	ck_assert_msg(!rc, "%s", report.error);
}

static void run(uint64_t seed)
{
	rng_seed(&world.rng, seed);
	world.count = world.open = 0;
	memset(world.calls, 0, sizeof(world.calls));
	ck_assert_int_eq(tap_new(1, 4096, &world.tap), 0);
	cut_begin(world.dir, seed, on_tick);
	if (getenv("POWERCUT_NO_SYNC"))
		cut_without_sync();
	world.end_ns = cut_now_ns() + RUN_NS;
	timers_init(&timers, &(struct timers_clock){virtual_ms, kernel_wall_ns, NULL});
	log_open(true);
	world.recorder = recorder_new(world.tap);
	cut_go();
	cut_end();
	recorder_stop(world.recorder);
	eventlog_close(world.log);
	cut_over();
	tap_free(world.tap);
}

// --- after a cut ---
static void look_at_log(void)
{
	struct eventlog_reader *reader;
	struct event e;
	uint64_t sequence = 0;
	int rc;

	for (uint32_t i = 0; i < world.count; i++)
		world.calls[i].started = world.calls[i].ended = 0;
	ck_assert_int_eq(eventlog_reader_open(world.dir, 1, &reader), 0);
	// What the log had not synced may have holes.
	while ((rc = eventlog_reader_next(reader, &e))) {
		if (rc == -EBADMSG)
			continue;
		ck_assert_int_eq(rc, 1);
		ck_assert_uint_gt(e.sequence, sequence);
		sequence = e.sequence;
		if (e.type == EVENT_RECORDING_STARTED)
			world.calls[e.call.counter].started++;
		if (e.type == EVENT_RECORDING_ENDED || e.type == EVENT_RECORDING_FAILED)
			world.calls[e.call.counter].ended++;
	}
	eventlog_reader_close(reader);
}

// What a start does of it (control/node/node.c).
static void start_after(void)
{
	struct recording_result result;
	struct rebuild rebuild;

	ck_assert_int_eq(rebuild_load(world.dir, 0, &rebuild), 0);
	log_open(false);
	struct recorder *r = recorder_new(NULL);
	for (size_t i = 0; i < rebuild.recording_count; i++) {
		const struct rebuild_recording *open = &rebuild.recordings[i];

		ck_assert(!recorder_recovers(r, open->file));
		recording_repair(&open->call, open->file, &result);
		on_result(&result, NULL);
	}
	recorder_stop(r);
	eventlog_close(world.log);
	rebuild_free(&rebuild);
}

// Up to `exact` samples all is as it was sent, behind them nothing is but that or silence.
// Returns where the first one is that is not.
static uint64_t judge_sound(
	const struct call *c, const uint8_t *sound, uint64_t samples, uint64_t exact)
{
	uint8_t silence = codec_get(c->result.law)->silence;
	uint64_t whole = 2 * samples;

	ck_assert_uint_le(samples, (uint64_t)CALL_MAX * SOUND_FRAME);
	for (uint64_t i = 0; i < 2 * exact || i < 2 * samples; i++) {
		uint8_t sent = c->side[i & 1][i / 2], got = i < 2 * samples ? sound[i] : silence;

		if (got == sent)
			continue;
		whole = i < whole ? i : whole;
		if (i < 2 * exact || got != silence) // an assertion for each would take long
			ck_abort_msg("%s: sample %llu of %llu (exact to %llu) is %02x, was %02x",
				c->file, (unsigned long long)i / 2, (unsigned long long)samples,
				(unsigned long long)exact, got, sent);
	}
	return whole / 2;
}

static uint64_t judge_file(const struct call *c, uint64_t exact)
{
	static uint8_t data[4096 + 2 * CALL_MAX * SOUND_FRAME + 1];
	struct wav_info info;
	char why[256];
	int fd = open(c->file, O_RDONLY);

	ck_assert_msg(fd >= 0, "%s: %s", c->file, strerror(errno));
	ssize_t size = read(fd, data, sizeof(data));
	close(fd);
	ck_assert_int_eq(wav_parse(data, size, &info), 0);
	ck_assert_uint_eq(info.data_offset, 4096);
	ck_assert_int_eq(size, 4096 + (ssize_t)info.data_bytes);
	ck_assert_uint_eq(info.format == WAV_ALAW ? CODEC_PCMA : CODEC_PCMU,
		call_law(c->result.call.counter));
	ck_assert_msg(!recording_check(&c->result, why), "%s %s", c->file, why);
	return judge_sound(c, data + 4096, info.data_bytes / 2, exact);
}

// Before and after the start that follows the cut.
static void judge_call(struct call *c, uint64_t cut_ns, bool was_started, bool was_ended)
{
	uint64_t safe_ns = cut_ns - world.flush_s * NS_PER_S; // sound that was heard until then
	uint64_t exact = safe_ns > c->start_ns ? (safe_ns - c->start_ns) / NS_PER_SAMPLE : 0;
	uint64_t heard = (cut_ns - c->start_ns) / NS_PER_SAMPLE, whole = 0;
	uint64_t sent = (uint64_t)c->frames * SOUND_FRAME;

	heard = heard > sent ? sent : heard;
	if (exact) // of what the log had not synced an end may be left and its begin be lost
		ck_assert_msg(was_started, "%s is not in the log", c->file);
	exact = was_ended || exact > sent ? sent : exact;
	ck_assert_uint_eq(c->started, was_started);
	ck_assert_uint_eq(c->ended, was_started || was_ended);
	if ((was_started || was_ended) && (!c->result.error || exact || was_ended)) {
		ck_assert_msg(!c->result.error, "%s: %s after %llu ms", c->file,
			strerror(-c->result.error),
			(unsigned long long)((cut_ns - c->start_ns) / NS_PER_MS));
		whole = judge_file(c, exact);
	}
	// Where both are silent at its end a recording is shorter than what was sent.
	if (c->talk < 2 && whole < heard && (heard - whole) * NS_PER_SAMPLE > world.worst_ns)
		world.worst_ns = (heard - whole) * NS_PER_SAMPLE;
}

static void cut_once(uint64_t at_ns, uint64_t seed)
{
	static struct recording_result told[CALLS];
	bool started[CALLS], ended[CALLS];

	cut_make(at_ns, seed);
	look_at_log();
	for (uint32_t i = 0; i < world.count; i++) {
		struct call *c = &world.calls[i];

		ck_assert_uint_le(c->started, 1);
		ck_assert_uint_le(c->ended, 1);
		started[i] = c->started;
		ended[i] = c->ended;
		told[i] = c->result;
	}
	start_after();
	look_at_log();
	for (uint32_t i = 0; i < world.count; i++) {
		if (world.calls[i].start_ns <= at_ns)
			judge_call(&world.calls[i], at_ns, started[i], ended[i]);
		world.calls[i].result = told[i];
	}
}

static unsigned setting(const char *name, unsigned otherwise)
{
	uint64_t value;
	const char *text = getenv(name);

	return text && !str_u64(text, &value) ? value : otherwise;
}

START_TEST(cut_at_random_moments)
{
	unsigned runs = setting("POWERCUT_RUNS", 1),
		 cuts = setting("POWERCUT_CUTS", UNIT_ROUNDS(100));
	uint64_t seed = setting("POWERCUT_SEED", rng_seed_os() % 1000000);
	struct rng rng;

	world.flush_s = setting("POWERCUT_FLUSH", 10);
	world.sync = setting("POWERCUT_LOG", EVENTLOG_SYNC_SECOND);
	log_set_level("*", LOG_ERROR);
	for (unsigned n = 0; n < runs; n++) {
		printf("seed %llu: ", (unsigned long long)seed + n);
		fflush(stdout);
		str_copy(world.dir, sizeof(world.dir), "/dev/shm/ringhall-test-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(world.dir)); // where a sync costs nothing
		rng_seed(&rng, seed + n);
		run(seed + n);
		for (unsigned i = 0; i < cuts; i++)
			cut_once(world.end_ns - RUN_NS +
					rng_below(&rng, RUN_NS / NS_PER_MS) * NS_PER_MS,
				(seed + n) * 1000 + i);
		printf("%u recordings, %u cuts: lost at most %.2f s of %u, longest sync %.2f s\n",
			world.count, cuts, world.worst_ns / 1e9, world.flush_s,
			cut_longest_sync_ns() / 1e9);
		for (uint32_t i = 0; i < world.count; i++)
			for (unsigned side = 0; side < 2; side++)
				free(world.calls[i].side[side]);
		folder_remove(world.dir);
	}
}
END_TEST

UNIT_MAIN("powercut", cut_at_random_moments)
