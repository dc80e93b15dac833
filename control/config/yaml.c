// One table from libyaml's texts to sentences; the first row that fits counts.
#include "control/config/yaml.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/str.h"

enum yaml_place { AT, FROM }; // which of libyaml's two marks says more

struct yaml_row {
	const char *problem, *context; // how they begin; context "": any
	const char *begins;	       // letters of which one stands there; "": any
	enum yaml_place place;
	const char *sentence; // %: the line where it began
};

#define INDENT "keys of one map begin in the same column"
#define QUOTE  "write it in quotes"

static const struct yaml_row rows[] = {
	// indentation
	{"found character that cannot start any token", "", "\t", AT,
		"expected spaces, got a tab: indent with spaces alone"},
	{"found a tab character", "", "", AT,
		"expected spaces, got a tab: indent with spaces alone"},
	{"mapping values are not allowed", "", "", AT,
		"expected the end of a value, got a ':' after it: does a line before lack its ':', "
		"or begin in another column? What holds ': ' is written in quotes"},
	{"did not find expected key", "while parsing a block mapping", "", AT,
		"expected a key of the map that begins in line %, got something else: " INDENT
		", and what is quoted ends with its quote"},
	{"did not find expected '-'", "", "", AT,
		"expected another '- ' of the list that begins in line %, got something else: "
		"items of one list begin in the same column"},
	{"block sequence entries are not allowed", "", "", AT,
		"expected a value, got a list's '-': begin each item in a line of its own"},
	{"block mapping", "", "", AT, "expected a value, got a map: begin it in a line of its own"},
	{"mapping keys are not allowed", "", "", AT, "expected a value, got a '?': " QUOTE},
	{"could not find expected ':'", "", "", FROM,
		"expected 'key: value', got a line without ': '"},
	{"did not find expected <document start>", "", "", AT,
		"expected the end of the file, got more: " INDENT},
	{"did not find expected node content", "", "", AT,
		"expected a value, got none: a ',' too many, or a bracket"},
	{"did not find expected comment or line break", "while scanning a block scalar", "", AT,
		"expected a new line after '|' or '>', got more: " QUOTE},
	{"found an indentation indicator equal to 0", "", "", AT,
		"expected a new line after '|' or '>', got a 0: " QUOTE},
	// what is opened and not closed
	{"found unexpected end of stream", "while scanning a quoted scalar", "", FROM,
		"expected a closing quote, got the end of the file: the quote opens here"},
	{"found unexpected document indicator", "", "", FROM,
		"expected a closing quote, got a line with '---' or '...': the quote opens here"},
	{"did not find expected ',' or ']'", "", "", AT,
		"expected ',' or ']' in the list that '[' opens in line %, got something else"},
	{"did not find expected ',' or '}'", "", "", AT,
		"expected ',' or '}' in the map that '{' opens in line %, got something else"},
	{"found unexpected ':'", "", "", AT, "expected a value, got a ':' within it: " QUOTE},
	// anchors, aliases, merges
	{"second occurrence", "found duplicate anchor", "", AT,
		"expected each anchor once, got one that line % has already: name it otherwise"},
	{"found undefined alias", "", "", AT,
		"expected an alias of an anchor above, got one that is unknown: write '&NAME' at "
		"what is meant, or the '*' in quotes"},
	{"did not find expected alphabetic or numeric character", "while scanning an alias", "",
		FROM, "expected a value, got a '*', which begins an alias: " QUOTE},
	{"did not find expected alphabetic or numeric character", "while scanning an anchor", "",
		FROM, "expected a value, got a '&', which begins an anchor: " QUOTE},
	// letters with a meaning of their own
	{"found unknown escape character", "", "", AT,
		"expected an escape like \\\" or \\n, got another: double the '\\', or use single "
		"quotes"},
	{"did not find expected hexdecimal number", "", "", AT,
		"expected hexadecimal digits after '\\x' or '\\u', got others: double the '\\', or "
		"use single quotes"},
	{"found invalid Unicode character escape code", "", "", AT,
		"expected an escape that is a letter, got a number that is none"},
	{"found character that cannot start any token", "", "%", AT,
		"expected a value, got a '%', which may not begin one: " QUOTE},
	{"found character that cannot start any token", "", "@", AT,
		"expected a value, got a '@', which may not begin one: " QUOTE},
	{"found character that cannot start any token", "", "`", AT,
		"expected a value, got a '`', which may not begin one: " QUOTE},
	{"found undefined tag handle", "", "", AT,
		"expected a value, got a '!', which begins a tag: " QUOTE},
	{"", "while parsing a tag", "", AT,
		"expected a value, got a '!', which begins a tag: " QUOTE},
	{"", "while scanning a tag", "", AT,
		"expected a value, got a '!', which begins a tag: " QUOTE},
	{"", "while scanning a directive", "", AT,
		"expected a key, got a line that begins with '%': " QUOTE},
	{"", "while scanning a %", "", AT,
		"expected a key, got a line that begins with '%': " QUOTE},
	{"found incompatible YAML document", "", "", AT,
		"expected YAML 1.1 or 1.2, got another version: remove the line '%YAML'"},
	{"found duplicate %", "", "", AT, "expected '%YAML' once, got it again: remove it"},
	{"Maximum nesting level", "", "", AT,
		"expected maps and lists in each other, got too many: look for brackets that are "
		"not closed"},
	// bytes
	{"control characters are not allowed", "", "", AT,
		"expected text, got a control character (is it a text file?): remove it"},
	{"unexpected low surrogate area", "", "", AT,
		"expected UTF-8, got UTF-16 that is broken: save the file as UTF-8"},
	{"incomplete UTF-16", "", "", AT,
		"expected UTF-8, got UTF-16 that is broken: save the file as UTF-8"},
	{"incomplete UTF-8", "", "", AT,
		"expected UTF-8, got the half of a letter at the end of the file: save it as "
		"UTF-8"},
	{"invalid ", "", "", AT,
		"expected UTF-8, got another encoding (Latin-1?): save the file as UTF-8"},
	{"", "", "", AT,
		"expected YAML, got something that is none: look for brackets and quotes that are "
		"not closed, and at the indentation"},
};

// The byte at a mark: libyaml counts letters, of which none holds another one's first byte.
static char letter_at(const struct config_yaml_fault *f, struct config_mark at)
{
	const char *c = f->text, *end = f->text + f->len;
	for (uint32_t line = 1; line < at.line && c < end; c++)
		line += *c == '\n';
	for (uint32_t column = 1; column < at.column && c < end; column++)
		do
			c++;
		while (c < end && ((unsigned char)*c & 0xc0) == 0x80);
	return c < end ? *c : '\0';
}

// Where a byte stands.
static struct config_mark mark_at(const struct config_yaml_fault *f)
{
	struct config_mark m = {1, 1};
	for (size_t i = 0; i < f->offset && i < f->len; i++) {
		bool line = f->text[i] == '\n';
		m.line += line;
		m.column = line ? 1 : m.column + (((unsigned char)f->text[i] & 0xc0) != 0x80);
	}
	return m;
}

static bool fits(const struct yaml_row *r, const struct config_yaml_fault *f, char letter)
{
	return str_starts(f->problem, r->problem) && str_starts(f->context, r->context) &&
		(r->begins[0] == '\0' || (letter != '\0' && strchr(r->begins, letter) != NULL));
}

struct config_mark config_yaml_say(const struct config_yaml_fault *f, char out[256])
{
	char letter = letter_at(f, f->at);
	const struct yaml_row *r = rows;
	struct str_buf b;
	while (!fits(r, f, letter)) // the last one always does
		r++;
	str_buf_init(&b, out, 256);
	for (const char *c = r->sentence; *c != '\0'; c++) {
		if (c[0] == '%' && c > r->sentence && c[-1] == ' ')
			str_buf_add(&b, "%u", f->from.line);
		else
			str_buf_add(&b, "%c", *c);
	}
	if (f->offset != SIZE_MAX)
		return mark_at(f);
	return r->place == FROM && f->from.line > 0 ? f->from : f->at;
}
