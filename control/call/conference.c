// A conference as a call's owner: callers whose flows lead them into one room hear each other, in a
// mixing bridge that is there as long as somebody is in the room.
#include <errno.h>
#include <stdlib.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("call");

#define NO_PROMPT UINT32_MAX

// Groups of the mixing bridge besides CONFERENCE_ALL: what a caller's supervisor whispers to it.
#define WHISPERS 0xfe

static uint64_t room_hash(const char *tenant, const char *name)
{
	return hash_str(name, hash_str(tenant, 0));
}

static struct conference *room_find(const struct calls *cs, const char *tenant, const char *name)
{
	struct hash_node *n = hash_first(&cs->conferences, room_hash(tenant, name));
	for (; n != NULL; n = hash_next(n)) {
		struct conference *room = container_of(n, struct conference, node);
		if (str_equal(room->name, name) && str_equal(room->tenant, tenant))
			return room;
	}
	return NULL;
}

static struct conference *room_new(struct call *c, const struct config_conference *config)
{
	struct conference *room = calloc(1, sizeof(*room));
	if (room == NULL)
		return NULL;
	if (media_mixer_new(party_voice(&c->first), 0, &room->mixer) != 0) {
		free(room);
		return NULL;
	}
	str_copy(room->tenant, sizeof(room->tenant), config->tenant->name);
	str_copy(room->name, sizeof(room->name), config->name);
	dlist_init(&room->seats);
	hash_insert(&c->calls->conferences, &room->node, room_hash(room->tenant, room->name));
	return room;
}

static void room_free(struct calls *cs, struct conference *room)
{
	media_mixer_free(room->mixer);
	hash_remove(&cs->conferences, &room->node);
	free(room);
}

static int room_place(struct conference *room, int more)
{
	int err = media_mixer_hold(room->mixer, room->places + (unsigned)more);
	if (!err)
		room->places += (unsigned)more;
	return err;
}

// Somebody has come or gone. Of a prompt who holds hears nothing, nor later on.
static void all_hear(struct conference *room, uint32_t prompt)
{
	dlist_for_each (it, &room->seats) {
		struct call *c = container_of(it, struct call, seat.link);
		if (prompt != NO_PROMPT && !party_holds(&c->first))
			party_prompt(&c->first, prompt, 0);
		else
			call_hear(c);
	}
}

// --- coming and going ---

static struct call_verdict turned_away(struct call *c, const struct config_step *step)
{
	log_info("no place: call=%s conference=%s", c->id_text, step->conference->name);
	if (step->next == STEP_NONE)
		return (struct call_verdict){
			.move = CALL_END, .why = "conference-full", .by = "system"};
	return (struct call_verdict){.move = CALL_STEP, .at = step->next};
}

// A place is held before the call goes there, or it goes on with its flow.
struct call_verdict call_conference_admit(struct call *c, const struct call_verdict *v)
{
	const struct config_conference *config = v->step->conference;
	struct conference *room = room_find(c->calls, config->tenant->name, config->name);
	if (room == NULL)
		room = room_new(c, config);
	bool full = room == NULL || room->count >= config->parties_max;
	if (full || room_place(room, 1) != 0) {
		if (room != NULL && room->count == 0)
			room_free(c->calls, room);
		return turned_away(c, v->step);
	}
	c->seat = (struct call_seat){.conference = room,
		.config = config,
		.muted = v->step->muted,
		.since_ms = timers_now_ms(c->calls->timers)};
	dlist_push_back(&room->seats, &c->seat.link);
	room->count++;
	return CALL_STAYS;
}

struct call_verdict call_conference_enter(struct call *c, const struct call_verdict *v)
{
	media_listen(party_voice(&c->first), c->masked);
	story_conference(c, EVENT_CALL_CONFERENCE_JOINED, c->seat.conference->count, NULL);
	all_hear(c->seat.conference, call_prompt_id(c, c->seat.config->join_prompt));
	return CALL_STAYS;
}

void call_conference_leave(struct call *c, const char *why)
{
	struct conference *room = c->seat.conference;
	if (room == NULL)
		return;
	c->seat.conference = NULL;
	call_hear(c); // out of the bridge before its place is given up
	dlist_remove(&c->seat.link);
	room->count--;
	(void)room_place(room, -1);
	story_conference(c, EVENT_CALL_CONFERENCE_LEFT, room->count, why);
	if (room->count == 0)
		room_free(c->calls, room);
	else
		all_hear(room, call_prompt_id(c, c->seat.config->leave_prompt));
}

// The engine has no room for a further party.
struct call_verdict call_conference_refused(struct call *c, const struct call_fact *f)
{
	call_conference_leave(c, "bridges-full");
	return turned_away(c, c->ivr.step);
}

// --- a supervisor with one of the callers ---

int call_conference_whisper(struct call *c, bool on)
{
	struct call_seat *s = &c->seat;
	uint8_t free_bits = WHISPERS & (uint8_t)~s->conference->whispers;
	if (on == (s->whisper != 0))
		return 0;
	if (on && free_bits == 0)
		return -ENOSPC;
	s->conference->whispers &= (uint8_t)~s->whisper;
	s->whisper = on ? free_bits & (uint8_t)-free_bits : 0;
	s->conference->whispers |= s->whisper;
	call_hear(c);
	return 0;
}

int call_conference_place(struct call *c, bool on)
{
	return room_place(c->seat.conference, on ? 1 : -1);
}

uint8_t call_conference_says(const struct call *c, enum monitor_mode mode)
{
	return mode == MONITOR_WHISPER	? c->seat.whisper
		: mode == MONITOR_BARGE ? CONFERENCE_ALL
					: 0;
}

// --- for people ---

const char *call_conference_name(const struct call *c)
{
	return c->seat.conference ? c->seat.conference->name : "";
}

unsigned conference_parties(const struct calls *cs, const struct config_conference *config)
{
	const struct conference *room = room_find(cs, config->tenant->name, config->name);
	return room ? room->count : 0;
}

const struct dlist *conference_seats(const struct calls *cs, const struct config_conference *config)
{
	const struct conference *room = room_find(cs, config->tenant->name, config->name);
	return room ? &room->seats : NULL;
}

static int find(struct calls *cs, const struct callid *id, struct call **out)
{
	*out = call_by_id(cs, id);
	if (*out == NULL)
		return -ENOENT;
	return (*out)->seat.conference ? 0 : -EAGAIN;
}

static void changed(struct call *c)
{
	call_hear(c);
	story_conference(c, EVENT_CALL_CONFERENCE_CHANGED, c->seat.conference->count, NULL);
}

int conference_mute(struct calls *cs, const struct callid *id, bool on)
{
	struct call *c;
	int err = find(cs, id, &c);
	if (err || c->seat.muted == on)
		return err;
	c->seat.muted = on;
	changed(c);
	return 0;
}

int conference_gain(struct calls *cs, const struct callid *id, int db)
{
	struct call *c;
	int err = find(cs, id, &c);
	if (err || c->seat.gain_db == db)
		return err;
	c->seat.gain_db = db;
	changed(c);
	return 0;
}
