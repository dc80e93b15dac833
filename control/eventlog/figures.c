// Figures as bodies of event log records: those that are 0 are left out.
#include "control/eventlog/figures.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"

#define RETRY_MS 1000 // while the disk refuses

static const char *const kinds[FIGURES_KINDS] = {
	[FIGURES_QUEUE] = "queue", [FIGURES_AGENT] = "agent", [FIGURES_TRUNK] = "trunk"};

static const struct {
	const char *name;
	size_t offset;
} members[] = {
#define NUMBER(m)                               \
	{                                       \
#m, offsetof(struct figures, m) \
	}
	NUMBER(since),
	NUMBER(joined),
	NUMBER(offered),
	NUMBER(answered),
	NUMBER(abandoned),
	NUMBER(timed_out),
	NUMBER(refused),
	NUMBER(removed),
	NUMBER(in_level),
	NUMBER(waited_ms),
	NUMBER(waited_max_ms),
	NUMBER(missed),
	NUMBER(talked_ms),
	NUMBER(calls),
	NUMBER(rejected),
	NUMBER(last),
	NUMBER(calls_out),
	NUMBER(failed_out),
#undef NUMBER
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

void figures_write(struct eventlog *log, enum figures_of of, const char *tenant, const char *name,
	const struct figures *n)
{
	struct body body;

	body_begin(&body);
	body_text(&body, "of", kinds[of]);
	body_text(&body, "name", name);
	for (size_t i = 0; i < MEMBERS; i++) {
		uint64_t value;
		memcpy(&value, (const char *)n + members[i].offset, sizeof(value));
		if (value)
			body_u64(&body, members[i].name, value);
	}
	if (*n->last_source)
		body_text(&body, "last_source", n->last_source);
	eventlog_restate(log, EVENT_FIGURES, tenant, body_end(&body));
}

enum figures_of figures_read(const json_t *body, const char **name, struct figures *out)
{
	const char *of = json_string_value(json_object_get(body, "of"));
	const char *source = json_string_value(json_object_get(body, "last_source"));
	enum figures_of kind = 0;

	*name = json_string_value(json_object_get(body, "name"));
	*out = (struct figures){0};
	for (size_t i = 0; i < MEMBERS; i++) {
		uint64_t value =
			(uint64_t)json_integer_value(json_object_get(body, members[i].name));
		memcpy((char *)out + members[i].offset, &value, sizeof(value));
	}
	str_copy(out->last_source, sizeof(out->last_source), source ? source : "");
	while (kind < FIGURES_KINDS && (!of || !str_equal(of, kinds[kind])))
		kind++;
	return *name ? kind : FIGURES_KINDS;
}

void figures_flush(struct figures_pace *p)
{
	timer_cancel(&p->timer);
	p->wrote_ms = timers_now_ms(p->timers);
	p->write(p->arg);
}

static void pace_fired(void *arg)
{
	struct figures_pace *p = arg;

	if (eventlog_may_restate(p->log))
		figures_flush(p);
	else
		timer_start(p->timers, &p->timer, RETRY_MS, pace_fired, p);
}

void figures_counted(struct figures_pace *p)
{
	uint64_t now_ms = timers_now_ms(p->timers), next_ms = p->wrote_ms + FIGURES_EVERY_MS;

	if (!timer_alive(&p->timer))
		timer_start(p->timers, &p->timer, next_ms > now_ms ? next_ms - now_ms : 0,
			pace_fired, p);
}
