// man(7) by hand.
#include "control/ringctl/print/roff.h"

#include <stdbool.h>
#include <string.h>

// `code` is set bold; '|' of a table's cell comes as "\\|".
static void roff_escaped(FILE *out, const char *text, size_t len)
{
	bool code = false;
	if (len > 0 && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && text[i + 1] == '|')
			continue;
		if (text[i] == '`') {
			code = !code;
			fputs(code ? "\\fB" : "\\fR", out);
		} else if (text[i] == '\\') {
			fputs("\\e", out);
		} else if (text[i] == '-') {
			fputs("\\-", out);
		} else {
			fputc(text[i], out);
		}
	}
	fputc('\n', out);
}

void roff_title(FILE *out, const char *name, unsigned section)
{
	fprintf(out, ".TH %s %u \"\" \"Ringhall %s\" \"Ringhall\"\n", name, section,
		RINGHALL_VERSION);
}

void roff_section(FILE *out, const char *name)
{
	fprintf(out, ".SH %s\n", name);
}

void roff_text(FILE *out, const char *text)
{
	fputs(".PP\n", out);
	roff_escaped(out, text, strlen(text));
}

void roff_item(FILE *out, const char *left, const char *right)
{
	fputs(".TP\n.B ", out);
	roff_escaped(out, left, strlen(left));
	roff_escaped(out, right, strlen(right));
}

void roff_in(FILE *out)
{
	fputs(".RS\n", out);
}

void roff_out(FILE *out)
{
	fputs(".RE\n", out);
}

// | key | takes | default | meaning |; the line of titles and the one of dashes are no rows.
static void markdown_row(FILE *out, const char *line, size_t len)
{
	const char *cells[4] = {"", "", "", ""};
	size_t lens[4] = {0}, count = 0;
	for (size_t at = 1; at < len && count < 4; count++) {
		size_t n = 0;
		while (at + n < len && (line[at + n] != '|' || line[at + n - 1] == '\\'))
			n++;
		size_t from = at, to = at + n;
		while (from < to && line[from] == ' ')
			from++;
		while (to > from && line[to - 1] == ' ')
			to--;
		cells[count] = line + from;
		lens[count] = to - from;
		at += n + 1;
	}
	if (lens[0] == 0 || cells[0][0] != '`')
		return;
	fputs(".TP\n", out);
	roff_escaped(out, cells[0], lens[0]);
	roff_escaped(out, cells[3], lens[3]);
	fprintf(out, ".br\n");
	roff_escaped(out, cells[1], lens[1]);
	fprintf(out, ".br\nDefault: ");
	roff_escaped(out, cells[2], lens[2]);
}

static void markdown_line(FILE *out, const char *line, size_t len)
{
	if (len == 0) {
		fputs(".PP\n", out);
	} else if (line[0] == '|') {
		markdown_row(out, line, len);
	} else if (line[0] == '#') {
		size_t level = strspn(line, "#");
		fputs(level > 1 ? ".SS " : ".\\\" ", out);
		roff_escaped(out, line + level + 1, len - level - 1);
	} else if (len > 2 && memcmp(line, "- ", 2) == 0) {
		fputs(".IP \\(bu 2\n", out);
		roff_escaped(out, line + 2, len - 2);
	} else if (line[0] != '<') {
		size_t indent = strspn(line, " ");
		roff_escaped(out, line + indent, len - indent);
	}
}

void roff_markdown(FILE *out, const char *text)
{
	bool code = false;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		if (len >= 3 && memcmp(text, "```", 3) == 0) {
			code = !code;
			fputs(code ? ".PP\n.nf\n" : ".fi\n", out);
		} else if (code) {
			roff_escaped(out, text, len);
		} else {
			markdown_line(out, text, len);
		}
		text += len;
		text += *text == '\n';
	}
}
