// The event log on disk: encoding and decoding of records, names and lists of segments.
#include "control/eventlog/format.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are copied as they lie");

#define EVENT_VERSION	    1
#define EVENT_FLAG_SNAPSHOT 1

struct event_head {
	uint32_t bytes;	 // of the record without the zeros at its end
	uint32_t crc32c; // of everything behind this word
	uint8_t version, flags, tenant_len, pad;
	uint16_t type, pad2;
	uint32_t body_len, pad3;
	uint64_t sequence, wall_ns, mono_ns;
	struct callid call;
};
_Static_assert(sizeof(struct event_head) == EVENT_HEAD_BYTES, "a head is one cache line");

#define CRC_FROM offsetof(struct event_head, version)

static const struct {
	enum event_type type;
	const char *name;
} event_names[] = {
#define X(name, number, text, ...) {EVENT_##name, text},
	EVENT_TYPES(X)
#undef X
};

#define EVENT_NAMES (sizeof(event_names) / sizeof(event_names[0]))

const char *event_type_name(enum event_type type)
{
	for (size_t i = 0; i < EVENT_NAMES; i++)
		if (event_names[i].type == type)
			return event_names[i].name;
	return NULL;
}

enum event_type event_type_parse(const char *name)
{
	for (size_t i = 0; i < EVENT_NAMES; i++)
		if (!strcmp(event_names[i].name, name))
			return event_names[i].type;
	return 0;
}

static size_t text_bytes(size_t tenant_len, size_t body_len)
{
	return EVENT_HEAD_BYTES + tenant_len + 1 + body_len + 1;
}

size_t event_bytes(size_t tenant_len, size_t body_len)
{
	return (text_bytes(tenant_len, body_len) + 7) & ~(size_t)7;
}

size_t event_encode(uint8_t *out, const struct event *e)
{
	size_t tenant_len = strlen(e->tenant);
	size_t bytes = event_bytes(tenant_len, e->body_len);
	struct event_head head = {
		.bytes = text_bytes(tenant_len, e->body_len),
		.version = EVENT_VERSION,
		.flags = e->snapshot ? EVENT_FLAG_SNAPSHOT : 0,
		.tenant_len = tenant_len,
		.type = e->type,
		.body_len = e->body_len,
		.sequence = e->sequence,
		.wall_ns = e->wall_ns,
		.mono_ns = e->mono_ns,
		.call = e->call,
	};
	uint8_t *text = out + EVENT_HEAD_BYTES;

	check(tenant_len <= EVENT_TENANT_MAX && e->body_len <= EVENTLOG_BODY_MAX);
	memset(out + bytes - 8, 0, 8);
	memcpy(text, e->tenant, tenant_len);
	text[tenant_len] = 0;
	memcpy(text + tenant_len + 1, e->body, e->body_len);
	text[tenant_len + 1 + e->body_len] = 0;
	memcpy(out, &head, sizeof(head));
	head.crc32c = crc32c(0, out + CRC_FROM, head.bytes - CRC_FROM);
	memcpy(out, &head, sizeof(head));
	return bytes;
}

static bool head_fits(const struct event_head *h)
{
	return h->version == EVENT_VERSION && h->body_len <= EVENTLOG_BODY_MAX &&
		h->bytes == text_bytes(h->tenant_len, h->body_len) && h->sequence;
}

int event_decode(const uint8_t *p, size_t len, struct event *out, size_t *bytes)
{
	struct event_head h;
	const char *tenant = (const char *)p + EVENT_HEAD_BYTES;

	if (len < sizeof(h))
		return -EAGAIN;
	memcpy(&h, p, sizeof(h));
	if (!head_fits(&h))
		return -EBADMSG;
	*bytes = event_bytes(h.tenant_len, h.body_len);
	if (len < *bytes)
		return -EAGAIN;
	if (crc32c(0, p + CRC_FROM, h.bytes - CRC_FROM) != h.crc32c)
		return -EBADMSG;
	// The CRC may be a forger's: text has to end where the head says.
	if (strnlen(tenant, h.tenant_len + 1) != h.tenant_len ||
		strnlen(tenant + h.tenant_len + 1, h.body_len + 1) != h.body_len)
		return -EBADMSG;
	*out = (struct event){
		.type = h.type,
		.sequence = h.sequence,
		.wall_ns = h.wall_ns,
		.mono_ns = h.mono_ns,
		.tenant = tenant,
		.call = h.call,
		.body = tenant + h.tenant_len + 1,
		.body_len = h.body_len,
		.snapshot = h.flags & EVENT_FLAG_SNAPSHOT,
	};
	return 0;
}

void segment_name(char out[SEGMENT_NAME_MAX], uint64_t first_sequence)
{
	str_format(out, SEGMENT_NAME_MAX, "events-%020llu.log", (unsigned long long)first_sequence);
}

int segment_parse(const char *name, uint64_t *first_sequence)
{
	char digits[21];

	if (strlen(name) != 31 || !str_starts(name, "events-") || strcmp(name + 27, ".log"))
		return -EINVAL;
	str_copy_n(digits, sizeof(digits), name + 7, 20);
	return str_u64(digits, first_sequence) ? -EINVAL : 0;
}

static int by_sequence(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int segments_list(const char *directory, struct segments *out)
{
	DIR *dir = opendir(directory);
	int error = 0;

	*out = (struct segments){};
	if (!dir)
		return -errno;
	for (struct dirent *d; (d = readdir(dir));) {
		uint64_t first;

		if (segment_parse(d->d_name, &first))
			continue;
		uint64_t *more = realloc(out->first, (out->count + 1) * sizeof(*more));
		if (!more) {
			error = -ENOMEM;
			break;
		}
		out->first = more;
		out->first[out->count++] = first;
	}
	closedir(dir);
	if (error) {
		segments_free(out);
		return error;
	}
	if (out->count)
		qsort(out->first, out->count, sizeof(*out->first), by_sequence);
	return 0;
}

void segments_free(struct segments *s)
{
	free(s->first);
	*s = (struct segments){};
}
