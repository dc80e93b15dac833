// Prints tables of states, and looks which cells are noted.
#include "tests/machines/tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGIN "<!-- tables of states: written by make docs -->\n"
#define END   "<!-- end of the tables -->\n"

const struct machine *const machines[] = {
	&agent_machine, &dialog_machine, &leg_machine, &offer_machine, &call_machine, NULL};

// --- printing ---

static void print_action(FILE *out, const char *action)
{
	for (const char *p = action; p && *p; p++)
		fputc(*p == '_' ? ' ' : *p, out);
}

static void print_choice(FILE *out, const struct machine *m, unsigned choice)
{
	const char *between = "";
	for (unsigned s = 0; s <= MACHINE_END; s++) {
		if (!(choice >> s & 1))
			continue;
		fprintf(out, "%s**%s**", between, s == MACHINE_END ? "end" : m->states[s]);
		between = " or ";
	}
}

static void print_cell(FILE *out, const struct machine *m, const struct machine_cell *c)
{
	const char *arrow = c->action ? " → " : "→ ";
	print_action(out, c->action);
	switch ((enum machine_kind)c->kind) {
	case MACHINE_CANNOT:
	case MACHINE_ACTS:
		break;
	case MACHINE_SURPRISE:
		fputs("*surprise*", out);
		break;
	case MACHINE_STAYS:
		fputs("stays", out);
		break;
	case MACHINE_GOES:
		fprintf(out, "%s**%s**", arrow, m->states[c->to]);
		break;
	case MACHINE_CHOOSES:
		fputs(arrow, out);
		print_choice(out, m, c->choice);
		break;
	case MACHINE_ENDS:
		fprintf(out, "%s**end**", arrow);
		break;
	}
}

static unsigned count_kind(const struct machine *m, enum machine_kind kind)
{
	unsigned n = 0;
	for (unsigned s = 0; s < m->state_count; s++)
		for (unsigned i = 0; i < m->input_count; i++)
			n += machine_cell(m, s, i)->kind == kind;
	return n;
}

static void print_machine(FILE *out, const struct machine *m)
{
	unsigned cells = m->state_count * m->input_count;
	fprintf(out,
		"### %c%s\n\n%u states, %u inputs: %u cells, of which %u cannot be.\n\n| input |",
		m->name[0] & ~0x20, m->name + 1, m->state_count, m->input_count, cells,
		count_kind(m, MACHINE_CANNOT));
	for (unsigned s = 0; s < m->state_count; s++)
		fprintf(out, " %s |", m->states[s]);
	fputs("\n|---|", out);
	for (unsigned s = 0; s < m->state_count; s++)
		fputs("---|", out);
	for (unsigned i = 0; i < m->input_count; i++) {
		fprintf(out, "\n| %s |", m->inputs[i]);
		for (unsigned s = 0; s < m->state_count; s++) {
			fputc(' ', out);
			print_cell(out, m, machine_cell(m, s, i));
			fputs(" |", out);
		}
	}
	fputs("\n\n", out);
}

void tables_print(FILE *out)
{
	for (unsigned i = 0; machines[i] != NULL; i++)
		print_machine(out, machines[i]);
}

// --- the page ---

static char *read_page(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL, piece[4096];
	size_t size, n;
	if (f == NULL)
		return NULL;
	FILE *out = open_memstream(&text, &size);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		fwrite(piece, 1, n, out);
	fclose(out);
	fclose(f);
	return text;
}

char *tables_page(const char *path, char **kept)
{
	char *page = *kept = read_page(path), *made = NULL;
	const char *begin = page ? strstr(page, BEGIN) : NULL,
		   *end = begin ? strstr(begin, END) : NULL;
	size_t size;
	if (end == NULL)
		return NULL;
	FILE *out = open_memstream(&made, &size);
	fwrite(page, 1, (size_t)(begin - page), out);
	fputs(BEGIN "\n", out);
	tables_print(out);
	fputs(end, out);
	fclose(out);
	return made;
}

// --- what was reached ---

static bool is_noted(const struct machine *m, unsigned s, unsigned i, const char *folder)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s.%s.%s", folder, m->name, m->states[s], m->inputs[i]);
	return access(path, F_OK) == 0;
}

struct tables_share tables_reached(const struct machine *m, const char *folder, FILE *out)
{
	struct tables_share t = {.cannot = count_kind(m, MACHINE_CANNOT)};
	t.reachable = m->state_count * m->input_count - t.cannot;
	for (unsigned s = 0; s < m->state_count; s++) {
		for (unsigned i = 0; i < m->input_count; i++) {
			if (machine_cell(m, s, i)->kind == MACHINE_CANNOT)
				continue;
			if (is_noted(m, s, i, folder))
				t.reached++;
			else
				fprintf(out, "%s: no test reaches %s in %s\n", m->name,
					m->inputs[i], m->states[s]);
		}
	}
	return t;
}
