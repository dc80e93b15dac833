// SIP messages, read just far enough to be named.
#include "control/ringctl/sip.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/ringctl/print/format.h"
#include "control/ringctl/print/text.h"
#include "engine/base/str.h"

#define VALUE_MAX 64

// The value of a header by its long or short name; "" where there is none.
static void sip_header(
	const struct sip_message *m, const char *name, const char *brief, char out[VALUE_MAX])
{
	const char *line = m->bytes;
	out[0] = '\0';
	while (line != NULL && *line != '\r' && *line != '\n' && *line != '\0') {
		size_t n = strcspn(line, ":\r\n");
		bool found = (n == strlen(name) && strncasecmp(line, name, n) == 0) ||
			(n == strlen(brief) && strncasecmp(line, brief, n) == 0);
		if (found && line[n] == ':') {
			const char *value = line + n + 1;
			value += strspn(value, " \t");
			str_copy_n(out, VALUE_MAX, value, strcspn(value, "\r\n"));
			return;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

// "SIP/2.0 200 OK" or "INVITE sip:…"; the rest of the label from CSeq and Content-Type.
static void sip_name(struct sip_message *m)
{
	char cseq[VALUE_MAX], type[VALUE_MAX], first[VALUE_MAX], raw[SIP_LABEL_MAX];
	struct str_buf b;
	sip_header(m, "CSeq", "CSeq", cseq);
	sip_header(m, "Content-Type", "c", type);
	str_copy_n(first, sizeof(first), m->bytes, strcspn(m->bytes, "\r\n"));
	str_buf_init(&b, raw, sizeof(raw));
	if (str_starts(first, "SIP/2.0 ")) {
		m->status = (unsigned)strtoul(first + 8, NULL, 10);
		str_buf_add(&b, "%s (%s)", first + 8, cseq);
	} else {
		str_buf_add(&b, "%.*s (%.*s)", (int)strcspn(first, " "), first,
			(int)strcspn(cseq, " "), cseq);
	}
	if (strncasecmp(type, "application/sdp", 15) == 0)
		str_buf_add(&b, " SDP");
	if (m->tcp)
		str_buf_add(&b, " tcp");
	text_clean(m->label, sizeof(m->label), raw);
}

// Bytes of a message that is not UTF-8 come as one character each, U+0000 to U+00FF.
static char *sip_bytes(const json_t *row, size_t *len)
{
	const json_t *text = json_object_get(row, "text");
	const char *in = json_string_value(text) ? json_string_value(text) : "";
	bool latin1 = json_is_true(json_object_get(row, "latin1"));
	size_t size = json_string_length(text), n = 0;
	char *out = malloc(size + 1);
	for (size_t i = 0; out != NULL && i < size; i++) {
		if (latin1 && ((uint8_t)in[i] & 0xfe) == 0xc2 && i + 1 < size) {
			out[n++] = (char)((in[i] & 3) << 6 | (in[i + 1] & 0x3f));
			i++;
		} else {
			out[n++] = in[i];
		}
	}
	if (out != NULL)
		out[n] = '\0';
	*len = n;
	return out;
}

static bool sip_read(struct sip_message *m, const json_t *row)
{
	const char *from = json_string_value(json_object_get(row, "from"));
	const char *to = json_string_value(json_object_get(row, "to"));
	const char *transport = json_string_value(json_object_get(row, "transport"));
	m->wall_ns = format_time_ns(json_object_get(row, "time"));
	m->from_text = from ? from : "?";
	m->to_text = to ? to : "?";
	m->tcp = transport != NULL && strcmp(transport, "tcp") == 0;
	m->sent = json_is_true(json_object_get(row, "sent"));
	if (addr_parse(m->from_text, &m->from) != 0)
		m->from = (struct addr){.family = ADDR_NONE};
	if (addr_parse(m->to_text, &m->to) != 0)
		m->to = (struct addr){.family = ADDR_NONE};
	m->bytes = sip_bytes(row, &m->len);
	if (m->bytes == NULL)
		return false;
	sip_name(m);
	return true;
}

static int sip_compare(const void *a, const void *b)
{
	const struct sip_message *x = a, *y = b;
	return x->wall_ns < y->wall_ns ? -1 : x->wall_ns > y->wall_ns;
}

// Insertion keeps messages of one time in the order in which they were kept.
static void sip_sort(struct sip_message *m, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct sip_message one = m[i];
		size_t at = i;
		for (; at > 0 && sip_compare(&m[at - 1], &one) > 0; at--)
			m[at] = m[at - 1];
		m[at] = one;
	}
}

static void sip_mark_again(struct sip_message *m, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i && !m[i].again; j++)
			m[i].again = m[j].len == m[i].len &&
				memcmp(m[j].bytes, m[i].bytes, m[i].len) == 0 &&
				addr_equal(&m[j].from, &m[i].from) &&
				addr_equal(&m[j].to, &m[i].to);
	}
}

struct sip_message *sip_messages(const json_t *rows, size_t *count)
{
	*count = json_array_size(rows);
	struct sip_message *m = calloc(*count + 1, sizeof(*m));
	for (size_t i = 0; m != NULL && i < *count; i++) {
		if (!sip_read(&m[i], json_array_get(rows, i))) {
			sip_messages_free(m, *count);
			return NULL;
		}
	}
	if (m != NULL) {
		sip_sort(m, *count);
		sip_mark_again(m, *count);
	}
	return m;
}

void sip_messages_free(struct sip_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(messages[i].bytes);
	free(messages);
}
