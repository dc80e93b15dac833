// Troubles and their ends.
#include "control/eventlog/trouble.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("watch");

#define TEXT_MAX 1024

// Names of files come into texts, and may be any bytes: those that cannot be in JSON are '?'.
static json_t *trouble_text(const char *text)
{
	char clean[TEXT_MAX];
	json_t *json = json_string(text);

	if (json)
		return json;
	str_copy(clean, sizeof(clean), text);
	for (char *c = clean; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_string(clean);
}

static void trouble_tell(struct troubles *t, const struct trouble *one, const char *text, bool over)
{
	char which[64];

	str_format(which, sizeof(which), "%s%s%s", one->topic, one->name[0] ? " " : "", one->name);
	if (over)
		log_info("%s: %s", which, text);
	else if (one->warning)
		log_warn("%s: %s", which, text);
	else
		log_error("%s: %s", which, text);
	json_t *json = json_pack("{s:s,s:o,s:b}", "topic", one->topic, "text", trouble_text(text),
		"over", (int)over);
	if (json && one->name[0])
		json_object_set_new(json, "name", trouble_text(one->name));
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (body)
		eventlog_append(t->log, EVENT_TROUBLE, "", NULL, body);
	free(body);
}

static struct trouble trouble_of(const char *topic, const char *name)
{
	struct trouble one = {0};

	str_copy(one.topic, sizeof(one.topic), topic);
	str_copy(one.name, sizeof(one.name), name);
	return one;
}

// Its place among those that stand; count: it does not.
static unsigned trouble_find(const struct troubles *t, const struct trouble *one)
{
	unsigned i = 0;

	while (i < t->count &&
		(strcmp(t->standing[i].topic, one->topic) != 0 ||
			strcmp(t->standing[i].name, one->name) != 0))
		i++;
	return i;
}

void troubles_start(struct troubles *t, struct eventlog *log)
{
	t->log = log;
	t->count = 0;
}

void troubles_stop(struct troubles *t)
{
	while (t->count > 0) {
		struct trouble one = t->standing[--t->count];

		trouble_tell(t, &one, "the node stops", true);
	}
	t->log = NULL;
}

bool trouble_stands(const struct troubles *t, const char *topic, const char *name)
{
	struct trouble one = trouble_of(topic, name);

	return trouble_find(t, &one) < t->count;
}

static void trouble_stand(struct troubles *t, const struct trouble *one, const char *text)
{
	if (!t->log || trouble_find(t, one) < t->count)
		return;
	if (t->count == TROUBLES_MAX) { // then its end would be told by nobody
		log_error("%s: %s", one->topic, text);
		return;
	}
	t->standing[t->count++] = *one;
	trouble_tell(t, one, text, false);
}

void trouble_begins(struct troubles *t, const char *topic, const char *name, const char *text)
{
	struct trouble one = trouble_of(topic, name);

	trouble_stand(t, &one, text);
}

void trouble_warns(struct troubles *t, const char *topic, const char *name, const char *text)
{
	struct trouble one = trouble_of(topic, name);

	one.warning = true;
	trouble_stand(t, &one, text);
}

void trouble_over(struct troubles *t, const char *topic, const char *name, const char *text)
{
	struct trouble one = trouble_of(topic, name);
	unsigned i = trouble_find(t, &one);

	if (!t->log || i == t->count)
		return;
	t->standing[i] = t->standing[--t->count];
	trouble_tell(t, &one, text, true);
}

void trouble_past(struct troubles *t, const char *topic, const char *name, const char *text)
{
	if (!t->log)
		return;
	if (trouble_stands(t, topic, name)) { // its own end is still to come
		log_error("%s: %s", topic, text);
		return;
	}
	trouble_begins(t, topic, name, text);
	trouble_over(t, topic, name, "it is past; what was lost stays lost");
}
