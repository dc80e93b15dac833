// A ring of bytes with a ring of descriptors over it. Positions only grow; what lies further
// back than the ring is long is gone, so nothing has to be evicted.
#include "control/sip/transport/trace.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/sip/message/head.h"
#include "control/sip/transport/conceal.h"
#include "engine/base/hash.h"

struct message {
	struct ua_trace_entry entry;
	uint64_t at;   // position of the text; at % bytes never wraps within a message
	uint64_t call; // hash of the Call-ID, 0: none found
	uint32_t len;
};

// Of one page of a search: messages whose texts are looked through, that are looked at, given out.
#define LEARNT_MAX 1024
#define SEEN_MAX   8192
#define GIVEN_MAX  64

// Messages blanked lately, by hash: their repetitions may come when the leg is masked no more.
#define BLANKED_SLOTS 1024

struct trace {
	size_t bytes;
	unsigned messages;
	uint64_t next;	// position
	uint64_t count; // of messages ever
	struct message *ring;
	char *text;
	uint64_t blanked[BLANKED_SLOTS]; // 0: none
};

struct trace *trace_new(size_t bytes, unsigned messages)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->bytes = bytes;
	t->messages = messages;
	t->text = malloc(bytes);
	t->ring = calloc(messages, sizeof(*t->ring));
	if (!t->text || !t->ring) {
		trace_free(t);
		return NULL;
	}
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->ring);
	free(t);
}

static uint64_t call_hash(const char *id, size_t len)
{
	return hash_bytes(id, len, 1) | 1;
}

uint64_t trace_call(const char *call_id)
{
	return call_hash(call_id, strlen(call_id));
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

// The end of a head line's text: its LF, or where the message is cut; folded ones are one.
static const char *field_end(const char *p, const char *end)
{
	do {
		p = memchr(p, '\n', (size_t)(end - p));
	} while (p && p + 1 < end && (p[1] == ' ' || p[1] == '\t') && p++);
	return p ? p : end;
}

// Value of Call-ID or its short form i, at the start of a line of the head.
static uint64_t find_call(const char *text, size_t len)
{
	const char *end = text + len, *stop;

	for (const char *line = text; line < end; line = stop + 1) {
		stop = field_end(line, end);
		if (stop - line <= 1) // blank line: the body follows
			return 0;
		const char *colon = memchr(line, ':', (size_t)(stop - line));
		size_t name = colon ? (size_t)(colon - line) : 0;
		while (name && (line[name - 1] == ' ' || line[name - 1] == '\t'))
			name--;
		if ((name == 7 && strncasecmp(line, "Call-ID", 7) == 0) ||
			(name == 1 && (*line == 'i' || *line == 'I'))) {
			colon = skip_blanks(colon + 1, stop);
			while (stop > colon && skip_blanks(stop - 1, stop) == stop)
				stop--;
			return call_hash(colon, (size_t)(stop - colon));
		}
	}
	return 0;
}

uint64_t trace_add(struct trace *t, const struct ua_trace_entry *entry, size_t len)
{
	struct message *m = &t->ring[t->count % t->messages];

	if (len > t->bytes / 4)
		len = t->bytes / 4;
	if (t->next % t->bytes + len + 1 > t->bytes)
		t->next += t->bytes - t->next % t->bytes;
	*m = (struct message){.entry = *entry, .at = t->next, .len = (uint32_t)len};
	m->call = find_call(entry->text, len);
	char *to = t->text + t->next % t->bytes;
	memcpy(to, entry->text, len);
	conceal(to, len);
	to[len] = '\0';
	m->entry.bytes = (uint32_t)len;
	t->next += len + 1;
	t->count++;
	return m->call;
}

// The text of message i, or NULL where it was overwritten.
static const char *message_text(const struct trace *t, uint64_t i)
{
	const struct message *m = &t->ring[i % t->messages];
	return t->next - m->at > t->bytes ? NULL : t->text + m->at % t->bytes;
}

static uint64_t first_message(const struct trace *t)
{
	return t->count > t->messages ? t->count - t->messages : 0;
}

void trace_walk(const struct trace *t, const char *call_id,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	uint64_t call = trace_call(call_id);

	for (uint64_t i = first_message(t); i < t->count; i++) {
		const struct message *m = &t->ring[i % t->messages];
		struct ua_trace_entry e = m->entry;
		e.text = message_text(t, i);
		if (e.text != NULL && m->call == call)
			each(&e, arg);
	}
}

static bool text_has_line(const char *text, const char *line)
{
	const char *end = strstr(text, "\r\n\r\n"), *at = strstr(text, line);
	size_t len = strlen(line);

	return at && at > text && at[-1] == '\n' && (!end || at < end) &&
		(at[len] == '\r' || at[len] == '\n');
}

struct trace_search {
	uint64_t at, end;
	bool gives; // all Call-IDs are known: what is theirs is given out
	uint64_t *calls;
	unsigned count, size;
	char line[];
};

static bool call_among(uint64_t call, const uint64_t *calls, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (calls[i] == call)
			return true;
	return false;
}

// False: no memory.
static bool search_add(struct trace_search *s, uint64_t call)
{
	if (s->count == s->size) {
		unsigned size = s->size ? 2 * s->size : 16;
		uint64_t *more = realloc(s->calls, size * sizeof(*more));
		if (!more)
			return false;
		s->calls = more;
		s->size = size;
	}
	s->calls[s->count++] = call;
	return true;
}

struct trace_search *trace_search_new(const struct trace *t, const char *call_id, const char *line)
{
	size_t len = strlen(line) + 1;
	struct trace_search *s = calloc(1, sizeof(*s) + len);

	if (!s)
		return NULL;
	memcpy(s->line, line, len);
	s->at = first_message(t);
	s->end = t->count;
	s->gives = !*line;
	if (*call_id && !search_add(s, trace_call(call_id))) {
		trace_search_free(s);
		return NULL;
	}
	return s;
}

void trace_search_free(struct trace_search *s)
{
	if (s)
		free(s->calls);
	free(s);
}

static void search_learn(const struct trace *t, struct trace_search *s)
{
	for (unsigned i = 0; i < LEARNT_MAX && s->at < s->end; i++, s->at++) {
		uint64_t call = t->ring[s->at % t->messages].call;
		const char *text = message_text(t, s->at);
		if (text && call && !call_among(call, s->calls, s->count) &&
			text_has_line(text, s->line) && !search_add(s, call))
			return; // the same one in the next page, when there is memory
	}
}

bool trace_search_page(const struct trace *t, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	unsigned given = 0;

	if (s->at < first_message(t)) // overwritten meanwhile
		s->at = first_message(t);
	if (!s->gives) {
		search_learn(t, s);
		if (s->at >= s->end) {
			s->gives = true;
			s->at = first_message(t);
		}
		return true;
	}
	for (unsigned i = 0; i < SEEN_MAX && given < GIVEN_MAX && s->at < s->end; i++, s->at++) {
		const struct message *m = &t->ring[s->at % t->messages];
		struct ua_trace_entry e = m->entry;
		e.text = message_text(t, s->at);
		if (e.text == NULL || !call_among(m->call, s->calls, s->count))
			continue;
		each(&e, arg);
		given++;
	}
	return s->at < s->end;
}

// Everything but a duration goes: "Signal= 5", and the one line of application/dtmf.
static void blank_line(char *line, size_t len)
{
	char *equals = memchr(line, '=', len), *end = line + len;
	char *p = equals ? equals + 1 : line;

	if (equals && len >= 8 && strncasecmp(line, "Duration", 8) == 0 &&
		strspn(line + 8, " \t=") > (size_t)(equals - line) - 8)
		return;
	for (; p < end; p++)
		if (*p != ' ')
			*p = '-';
}

// A body's lines end as whoever sent it likes.
static char *line_end(char *line, char *end)
{
	while (line < end && *line != '\r' && *line != '\n')
		line++;
	return line;
}

static struct message *last_message(const struct trace *t)
{
	return &t->ring[(t->count - 1) % t->messages];
}

static uint64_t last_hash(const struct trace *t)
{
	const struct message *m = last_message(t);
	return hash_bytes(t->text + m->at % t->bytes, m->len, 2) | 1;
}

bool trace_last_repeats(const struct trace *t)
{
	uint64_t hash = t->count ? last_hash(t) : 0;
	return hash && t->blanked[hash / 2 % BLANKED_SLOTS] == hash;
}

void trace_blank_last(struct trace *t)
{
	if (t->count == 0)
		return;
	const struct message *m = last_message(t);
	uint64_t hash = last_hash(t);
	t->blanked[hash / 2 % BLANKED_SLOTS] = hash;
	char *text = t->text + m->at % t->bytes, *end = text + m->len;
	size_t head = head_size(text, m->len, 0);

	if (!head)
		return;
	for (char *line = text + head, *stop; line < end; line = stop + 1) {
		stop = line_end(line, end);
		blank_line(line, (size_t)(stop - line));
	}
}
