// Walks the format: what is literal is ours, numbers go to snprintf, texts to quote().
#include "engine/base/log_format.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/quote.h"

#define SPEC_MAX   16
#define NUMBER_MAX 128

struct spec { // "%-8.*llu"
	char text[SPEC_MAX];
	size_t len; // in the format
	char size;  // 'l', 'q' for ll, 'h', 'H' for hh, 'z', 'j', 't', or '\0'
	char conversion;
	bool star;     // the precision comes as an argument
	int precision; // -1: none
};

struct out {
	char *data;
	size_t size, len;
};

static void put(struct out *o, const char *text, size_t len)
{
	if (len > o->size - 1 - o->len)
		len = o->size - 1 - o->len;
	memcpy(o->data + o->len, text, len);
	o->len += len;
}

// What stands in the format is ours, but a line stays a line.
static void put_literal(struct out *o, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(o, (unsigned char)text[i] < ' ' ? " " : text + i, 1);
}

static void put_text(struct out *o, const char *text, size_t len, bool value)
{
	if (o->size - o->len >= 3)
		o->len += quote(o->data + o->len, o->size - o->len, text, len,
			value ? QUOTE_VALUE : QUOTE_TEXT);
}

static size_t digits(const char *p, int *out)
{
	size_t n = 0;

	for (*out = 0; p[n] >= '0' && p[n] <= '9' && n < 6; n++)
		*out = *out * 10 + (p[n] - '0');
	return n;
}

static struct spec read_spec(const char *fmt)
{
	struct spec s = {.precision = -1};
	const char *p = fmt + 1;
	int width;

	p += strspn(p, "-+ #0");
	p += digits(p, &width);
	if (*p == '.' && p[1] == '*') {
		s.star = true;
		p += 2;
	} else if (*p == '.') {
		p++;
		p += digits(p, &s.precision);
	}
	for (; *p != '\0' && strchr("lhzjt", *p) != NULL; p++)
		s.size = s.size == *p ? (*p == 'l' ? 'q' : 'H') : *p;
	s.conversion = *p;
	s.len = (size_t)(p - fmt) + (*p != '\0');
	if (s.len < SPEC_MAX)
		memcpy(s.text, fmt, s.len);
	else
		s.conversion = '\0';
	return s;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static int number(char out[NUMBER_MAX], const struct spec *s, va_list *ap)
{
	switch (s->size) {
	case 'q':
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, long long));
	case 'l':
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, long));
	case 'z':
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, size_t));
	case 'j':
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, intmax_t));
	case 't':
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, ptrdiff_t));
	default:
		return snprintf(out, NUMBER_MAX, s->text, va_arg(*ap, int));
	}
}

static void put_number(struct out *o, const struct spec *s, va_list *ap)
{
	char text[NUMBER_MAX];
	int n;

	if (strchr("fFeEgGaA", s->conversion) != NULL)
		n = snprintf(text, sizeof(text), s->text, va_arg(*ap, double));
	else if (s->conversion == 'p')
		n = snprintf(text, sizeof(text), s->text, va_arg(*ap, void *));
	else
		n = number(text, s, ap);
	if (n > 0)
		put(o, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

#pragma GCC diagnostic pop

// False: a conversion that is not known; where its argument ends is not known either.
static bool put_argument(struct out *o, const struct spec *s, bool value, va_list *ap)
{
	int most = s->star ? va_arg(*ap, int) : s->precision;
	const char *text;
	char one;

	switch (s->conversion) {
	case 's':
		text = va_arg(*ap, const char *);
		if (text == NULL)
			text = "(null)";
		put_text(o, text, most < 0 ? strlen(text) : strnlen(text, (size_t)most), value);
		return true;
	case 'c':
		one = (char)va_arg(*ap, int);
		put_text(o, &one, 1, value);
		return true;
	case '%':
		put(o, "%", 1);
		return true;
	default:
		if (s->star || s->conversion == '\0' ||
			strchr("diouxXpfFeEgGaA", s->conversion) == NULL)
			return false;
		put_number(o, s, ap);
		return true;
	}
}

size_t log_format(char *out, size_t size, const char *fmt, va_list ap)
{
	struct out o = {out, size, 0};
	const char *at = fmt;
	va_list args;

	va_copy(args, ap);
	while (*at != '\0') {
		size_t literal = strcspn(at, "%");
		put_literal(&o, at, literal);
		at += literal;
		if (*at == '\0')
			break;
		struct spec s = read_spec(at);
		if (!put_argument(&o, &s, at > fmt && at[-1] == '=', &args))
			break;
		at += s.len;
	}
	va_end(args);
	o.data[o.len] = '\0';
	return o.len;
}
