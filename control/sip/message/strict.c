// The rules, one after the other; the first that is broken is told.
#include "control/sip/message/strict.h"

#include <string.h>
#include <strings.h>

#include "control/sip/message/head.h"
#include "control/sip/message/text.h"

#define FORWARDS_MAX 255 // RFC 3261 20.22

static struct strict_fault fault(uint16_t status, const char *reason)
{
	return (struct strict_fault){.status = status, .reason = reason};
}

static struct strict_fault framing(const char *reason)
{
	return (struct strict_fault){.status = 400, .reason = reason, .framing = true};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_token(const struct pl *word)
{
	for (size_t i = 0; i < word->l; i++)
		if (!is_alnum(word->p[i]) && !(word->p[i] && strchr("-.!%*_+`'~", word->p[i])))
			return false;
	return word->l > 0;
}

// "SIP/" and digits around a dot.
static bool is_version(const struct pl *word)
{
	unsigned digits = 0, dots = 0;

	if (word->l < 7 || strncasecmp(word->p, "SIP/", 4))
		return false;
	for (size_t i = 4; i < word->l; i++) {
		digits += word->p[i] >= '0' && word->p[i] <= '9';
		dots += word->p[i] == '.';
	}
	return dots == 1 && digits == word->l - 5 && digits >= 2 && word->p[4] != '.';
}

static bool has_scheme(const struct pl *uri)
{
	const char *colon = pl_strchr(uri, ':');
	struct pl scheme = {uri->p, colon ? (size_t)(colon - uri->p) : 0};

	return is_token(&scheme) && colon + 1 < uri->p + uri->l;
}

// Where a sip URI's host may have a colon but before its port: an address of IPv6 without its
// brackets would be read as a user, or as a port that is none (RFC 5118 4.2).
static bool has_host(const struct pl *uri)
{
	const char *at = pl_strrchr(uri, '@'), *end = uri->p + uri->l;
	const char *p = at ? at + 1 : pl_strchr(uri, ':') + 1;

	if (p < end && *p == '[') {
		const char *close = memchr(p, ']', (size_t)(end - p));
		if (!close)
			return false;
		p = close + 1;
	}
	while (p < end && !strchr(":;?", *p))
		p++;
	if (p < end && *p == ':')
		for (p++; p < end && *p >= '0' && *p <= '9';)
			p++;
	return p == end || *p == ';' || *p == '?';
}

static bool is_uri(const struct pl *uri)
{
	if (!text_is_uri(uri) || !has_scheme(uri))
		return false;
	return strncasecmp(uri->p, "sip", 3) || has_host(uri);
}

static struct strict_fault check_start(const struct head_start *s)
{
	uint32_t status;

	if (s->broken)
		return fault(400, "Bad Start Line");
	if (s->response) {
		if (s->word[1].l != 3 || !text_number(&s->word[1], &status) || status < 100 ||
			status > 699)
			return fault(400, "Bad Status");
		return pl_strcmp(&s->word[0], "SIP/2.0") ? fault(505, "Version Not Supported")
							 : fault(0, NULL);
	}
	if (!is_token(&s->word[0]))
		return fault(400, "Bad Method");
	if (!is_version(&s->word[2]))
		return fault(400, "Bad Request Line");
	if (pl_strcmp(&s->word[2], "SIP/2.0"))
		return fault(505, "Version Not Supported");
	if (!is_uri(&s->word[1]))
		return fault(400, "Bad Request URI");
	return fault(0, NULL);
}

// --- what a value holds ---

struct value_shape {
	unsigned values;       // between commas that stand alone
	bool quotes, brackets; // each is closed again
	bool hollow;	       // there is nothing in one of the values
};

static struct value_shape shape_of(const struct pl *v)
{
	struct value_shape s = {.values = v->l > 0, .quotes = true, .brackets = true};
	bool filled = false;

	for (size_t i = 0; i < v->l; i++) {
		char c = v->p[i];
		bool comma = c == ',' && s.quotes && s.brackets;
		s.hollow |= comma && !filled;
		filled = !comma && (filled || !(is_blank(c) || c == ';'));
		if (!s.quotes && c == '\\')
			i++;
		else if (c == '"' && s.brackets)
			s.quotes = !s.quotes;
		else if (s.quotes && c == '<')
			s.brackets = false;
		else if (s.quotes && c == '>')
			s.brackets = true;
		else if (comma)
			s.values++;
	}
	s.hollow |= !filled;
	return s;
}

struct seen {
	unsigned count[HEAD_OTHER + 1]; // values of Contact, lines of the others
	struct pl first[HEAD_OTHER + 1];
	bool unequal_length;
};

static struct strict_fault see(struct seen *seen, const struct head_line *l)
{
	static const bool shaped[HEAD_OTHER + 1] = {[HEAD_CONTACT] = true,
		[HEAD_FROM] = true,
		[HEAD_RECORD_ROUTE] = true,
		[HEAD_ROUTE] = true,
		[HEAD_TO] = true};
	struct value_shape shape = shape_of(&l->value);

	if (l->broken)
		return fault(400, "Bad Header Line");
	if (shaped[l->field] && !shape.quotes)
		return fault(400, "Unbalanced Quotes");
	if (shaped[l->field] && !shape.brackets)
		return fault(400, "Unbalanced Brackets");
	if (l->field == HEAD_VIA && shape.hollow)
		return fault(400, "Bad Via");
	if (l->field == HEAD_CONTENT_LENGTH && seen->count[l->field] &&
		pl_cmp(&l->value, &seen->first[l->field]))
		seen->unequal_length = true;
	if (!seen->count[l->field])
		seen->first[l->field] = l->value;
	seen->count[l->field] += l->field == HEAD_CONTACT ? shape.values : 1;
	return fault(0, NULL);
}

// --- the fields ---

// Where the message ends, which matters more than any other fault of it.
static struct strict_fault check_length(const struct seen *seen, struct strict_head *out)
{
	uint32_t length = 0;

	out->has_length = seen->count[HEAD_CONTENT_LENGTH] > 0;
	if (out->has_length &&
		(!text_number(&seen->first[HEAD_CONTENT_LENGTH], &length) || length > INT32_MAX))
		return framing("Bad Content-Length");
	if (seen->unequal_length)
		return framing("Two Content-Lengths");
	out->body = length;
	return fault(0, NULL);
}

static const char *twice(const struct seen *seen, bool invite)
{
	static const struct {
		enum head_field field;
		const char *reason;
	} single[] = {{HEAD_FROM, "Two From Fields"}, {HEAD_TO, "Two To Fields"},
		{HEAD_CALL_ID, "Two Call-IDs"}, {HEAD_CSEQ, "Two CSeq Fields"},
		{HEAD_CONTENT_LENGTH, "Two Content-Lengths"},
		{HEAD_CONTENT_TYPE, "Two Content-Types"},
		{HEAD_MAX_FORWARDS, "Two Max-Forwards Fields"}};

	for (unsigned i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (seen->count[single[i].field] > 1)
			return single[i].reason;
	return invite && seen->count[HEAD_CONTACT] > 1 ? "Two Contacts" : NULL;
}

static const char *missing(const struct seen *seen)
{
	static const struct {
		enum head_field field;
		const char *reason;
	} needed[] = {{HEAD_VIA, "Missing Via"}, {HEAD_FROM, "Missing From"},
		{HEAD_TO, "Missing To"}, {HEAD_CALL_ID, "Missing Call-ID"},
		{HEAD_CSEQ, "Missing CSeq"}};

	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (seen->first[needed[i].field].l == 0)
			return needed[i].reason;
	return NULL;
}

// Digits, below 2^31 (RFC 3261 8.1.1.5), blanks, and the request's method.
static const char *check_cseq(const struct pl *value, const struct pl *method)
{
	struct pl number = {value->p, 0}, met = *value;
	uint32_t n;

	while (number.l < value->l && !is_blank(value->p[number.l]))
		number.l++;
	if (!text_number(&number, &n) || n > INT32_MAX)
		return "Bad CSeq Number";
	pl_advance(&met, (ssize_t)number.l);
	while (met.l && is_blank(*met.p))
		pl_advance(&met, 1);
	if (!is_token(&met))
		return "Bad CSeq Method";
	return method && pl_cmp(&met, method) ? "CSeq Of Another Method" : NULL;
}

static const char *check_fields(const struct seen *seen, const struct head_start *s)
{
	const struct pl *method = s->response ? NULL : &s->word[0];
	const struct pl *forwards = &seen->first[HEAD_MAX_FORWARDS];
	const char *why = twice(seen, method && pl_strcmp(method, "INVITE") == 0);
	uint32_t n;

	if (!why)
		why = missing(seen);
	if (!why)
		why = check_cseq(&seen->first[HEAD_CSEQ], method);
	if (!why && forwards->p && (!text_number(forwards, &n) || n > FORWARDS_MAX))
		why = "Bad Max-Forwards";
	return why;
}

struct strict_fault strict_too_large(void)
{
	return (struct strict_fault){513, "Message Too Large", true};
}

struct strict_fault strict_no_length(void)
{
	return framing("Missing Content-Length");
}

struct strict_fault strict_unreadable(const char *text, size_t size)
{
	struct head_start start = head_start(text, size);
	const char *colon = start.response || start.broken ? NULL : pl_strchr(&start.word[1], ':');
	struct pl scheme = {start.word[1].p, colon ? (size_t)(colon - start.word[1].p) : 0};

	return colon && !strict_scheme(&scheme) ? fault(416, "Unsupported URI Scheme")
						: fault(400, "Bad Request");
}

bool strict_scheme(const struct pl *scheme)
{
	return pl_strcasecmp(scheme, "sip") == 0 || pl_strcasecmp(scheme, "sips") == 0 ||
		pl_strcasecmp(scheme, "tel") == 0;
}

struct strict_fault strict_check(const char *text, size_t size, struct strict_head *out)
{
	struct head_start start = head_start(text, size);
	struct seen seen = {0};
	struct strict_fault shape = {0};
	struct head_line line;
	size_t at = 0;

	*out = (struct strict_head){.size = size};
	struct strict_fault f = check_start(&start);
	while (head_next(text, size, &at, &line)) {
		struct strict_fault one = see(&seen, &line);
		if (one.status && !shape.status)
			shape = one;
	}
	struct strict_fault length = check_length(&seen, out);
	if (length.status)
		return length;
	if (f.status)
		return f;
	if (shape.status)
		return shape;
	const char *why = check_fields(&seen, &start);
	return why ? fault(400, why) : fault(0, NULL);
}
