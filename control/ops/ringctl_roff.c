// man(7) by hand.
#include "control/ops/ringctl_roff.h"

#include <string.h>

static void roff_escaped(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
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
	roff_escaped(out, text);
}

void roff_item(FILE *out, const char *left, const char *right)
{
	fputs(".TP\n.B ", out);
	roff_escaped(out, left);
	roff_escaped(out, right);
}

void roff_in(FILE *out)
{
	fputs(".RS\n", out);
}

void roff_out(FILE *out)
{
	fputs(".RE\n", out);
}
