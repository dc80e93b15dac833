// Two nodes' media in one process, each over a gate of its own: nothing of one shows in the other,
// and one goes while the other stays.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/media/gate.h"
#include "control/media/private.h"
#include "engine/base/str.h"

#define SESSIONS 4

struct side {
	struct timers timers;
	uint64_t now_ms;
	struct config config;
	struct gate *gate;
	struct media *media;
	struct media_voice *voice;
	unsigned opened, digits;
};

static uint64_t mono_ms(void *arg)
{
	return ((const struct side *)arg)->now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return mono_ms(arg) * 1000000;
}

static void on_media(const struct media_event *e, void *arg)
{
	struct side *s = arg;

	s->opened += e->kind == MEDIA_OPENED;
	s->digits += e->kind == MEDIA_DIGIT;
}

static void begin(struct side *s, const char *name)
{
	const struct gate_shape shape = {
		.workers = 1, .ports = 1, .media = 1, .sessions = SESSIONS};
	static struct config_media media[2];
	struct config_media *own = &media[name[0] == 'b'];

	*s = (struct side){.now_ms = 1000};
	*own = (struct config_media){0};
	str_copy(own->name, sizeof(own->name), name);
	s->config.engine.sessions = SESSIONS;
	s->config.engine.coders[CODEC_OPUS] = 1;
	s->config.engine.media = own;
	s->config.engine.media_count = 1;
	timers_init(&s->timers, &(struct timers_clock){mono_ms, wall_ns, s});
	ck_assert_int_eq(gate_new(&shape, &s->gate), 0);
	ck_assert_int_eq(media_new(s->gate, &s->config, &s->timers, &s->media), 0);
}

static void open_voice(struct side *s)
{
	const struct media_place at = {.codec = CODEC_OPUS};

	ck_assert_int_eq(media_open(s->media, &at, on_media, s, &s->voice), 0);
}

// The worker answers what it was told; so many commands.
static unsigned work(struct side *s)
{
	struct gate_msg m;
	unsigned n = 0;

	for (; gate_command(s->gate, 0, &m); n++) {
		struct gate_msg done = {
			.head = {GATE_DONE, .ticket = m.head.ticket, .session = m.head.session}};
		done.done.command = m.head.kind;
		if (m.head.kind == GATE_OPEN)
			done.head.session = 1ull << 32;
		gate_emit(s->gate, 0, &done);
		if (m.head.kind != GATE_CLOSE)
			continue;
		done.head = (struct gate_head){GATE_CLOSED, .session = m.head.session};
		gate_emit(s->gate, 0, &done);
	}
	while (media_poll(s->media))
		;
	timers_run(&s->timers, s->now_ms);
	return n;
}

static void finish(struct side *s)
{
	struct media_counts c;

	media_close(s->voice);
	work(s);
	media_counts(s->media, &c);
	ck_assert_uint_eq(c.voices, 0);
	ck_assert_uint_eq(c.tickets, 0);
	media_free(s->media);
	gate_free(s->gate);
	ck_assert_uint_eq(timers_count(&s->timers), 0);
}

static void address_seen(const struct media_address_status *a, void *arg)
{
	*(const char **)arg = a->name;
}

static void ck_address(const struct side *s, const char *name)
{
	const char *seen = "";

	media_addresses(s->media, address_seen, &seen);
	ck_assert_str_eq(seen, name);
}

START_TEST(voices_coders_and_commands_are_each_ones_own)
{
	struct side a, b;
	struct media_counts c;
	struct gate_msg digit = {.head.kind = GATE_DIGIT, .digit.digit = '5'};

	begin(&a, "a");
	begin(&b, "b");
	ck_address(&a, "a");
	ck_address(&b, "b");
	open_voice(&a);
	ck_assert(!media_codec_room(a.media, CODEC_OPUS));
	ck_assert(media_codec_room(b.media, CODEC_OPUS));
	media_counts(b.media, &c);
	ck_assert_uint_eq(c.voices + c.tickets + (unsigned)c.commands, 0);
	ck_assert_uint_eq(timers_count(&b.timers), 0);
	ck_assert_uint_eq(work(&b), 0);
	ck_assert_uint_eq(work(&a), 1);
	ck_assert_uint_eq(a.opened, 1);
	open_voice(&b); // of the same number in its own engine
	work(&b);
	ck_assert_uint_eq(b.opened, 1);
	ck_assert_uint_eq(media_voice_session(a.voice), media_voice_session(b.voice));
	digit.head.session = media_voice_session(a.voice);
	gate_emit(a.gate, 0, &digit);
	work(&a);
	work(&b);
	ck_assert_uint_eq(a.digits, 1);
	ck_assert_uint_eq(b.digits, 0);
	finish(&a);
	media_listen(b.voice, true);
	ck_assert_uint_eq(work(&b), 1);
	finish(&b);
}
END_TEST

// What one's engine owes is looked for in its own time.
START_TEST(each_waits_by_its_own_clock)
{
	struct side a, b;
	struct media_counts c;

	begin(&a, "a");
	begin(&b, "b");
	open_voice(&a);
	open_voice(&b);
	for (unsigned i = 0; i < 60; i++) {
		a.now_ms += 1000;
		timers_run(&a.timers, a.now_ms);
	}
	media_counts(a.media, &c);
	ck_assert_uint_eq(c.surprises, 1);
	media_counts(b.media, &c);
	ck_assert_uint_eq(c.surprises, 0);
	media_free(a.media);
	gate_free(a.gate);
	work(&b);
	finish(&b);
}
END_TEST

UNIT_MAIN("media_two", voices_coders_and_commands_are_each_ones_own, each_waits_by_its_own_clock)
