// docs/figures.md: every figure and counter with its SQL, from their tables.
#include "control/figures/figures.h"
#include "control/ringctl/man.h"

static const char *const units[] = {
	[FIGURES_COUNT] = "number", [FIGURES_MS] = "ms", [FIGURES_PERCENT] = "%"};

static void figures_table(FILE *out)
{
	fputs("## Figures\n\n| member | Chinese | unit | formula | what it is "
	      "|\n|---|---|---|---|---|\n",
		out);
	for (unsigned i = 0; i < FIGURES_ALL; i++)
		fprintf(out, "| `%s` | %s | %s | (%s) / (%s) | %s |\n", figures[i].name,
			figures[i].chinese, units[figures[i].unit], figures[i].above,
			figures[i].below, figures[i].help);
}

static void counters_table(FILE *out)
{
	fputs("\n## Counters\n\nFormulas are over these.\n\n| member | unit | of | what it is |\n"
	      "|---|---|---|---|\n",
		out);
	for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
		fprintf(out, "| `%s` | %s | %s | %s |\n", figures_counters[i].name,
			units[figures_counters[i].unit],
			figures_source_names[figures_counters[i].source], figures_counters[i].help);
}

static void figures_statements(FILE *out)
{
	char sql[FIGURES_SQL_MAX];

	fputs("\n## SQL\n\nWhat `ringctl stats` runs for each interval is made of the same lines. "
	      "`:since` and `:until` are ns since 1970, `:within` seconds, `:tenant` a name or "
	      "NULL "
	      "for all:\n\n"
	      "    sqlite3 -readonly /var/lib/ringhall/store/ringhall.db\n"
	      "    .parameter set :since \"$(date -d '2026-11-01' +%s)000000000\"\n"
	      "    .parameter set :within 20\n\n"
	      "Times are those of the shell: put the number there.\n",
		out);
	for (unsigned i = 0; i < FIGURES_ALL; i++)
		for (unsigned by = 0; by < FIGURES_BYS; by++) {
			if (!figures_sql_figure(i, by, sql))
				continue;
			fprintf(out, "\n### %s\n\nBy %s:\n\n```sql\n%s\n```\n", figures[i].name,
				figures_by_name(by), sql);
			break;
		}
}

void man_figures(FILE *out)
{
	fputs("# Figures\n\n"
	      "Printed by `ringctl man figures.md` from the tables in `control/figures`; a test "
	      "compares.\n`ringctl stats` tells them from the records: a row for each queue, "
	      "agent, "
	      "called number, tenant, region, site, shift, team, group or for the node\n(`--by`), "
	      "and for each interval (`--every`) "
	      "in which there was anything, as text, `--csv` or `--json`.\n\n"
	      "    ringctl stats --since yesterday --until today --every 30m --by queue --within "
	      "15\n"
	      "    ringctl stats --live 15m\n\n"
	      "- `--live` is the last 5, 15 or 30 minutes or 24 hours up to now, by the same "
	      "statement "
	      "over that window. Who asks is told all that the log had on the disk then:\n"
	      "  records that nobody asks for wait for no more than 100 ms, and a batch of them "
	      "for its commit.\n"
	      "- A wait in a queue counts where it began, with its whole length; so does a "
	      "conversation. Both count when they have ended, at once, whether their call goes on "
	      "or not;\n  one that goes on does not count yet. Calls that came count when they "
	      "have "
	      "ended.\n"
	      "- A state of an agent counts as far as it lies in the interval, and lasts until the "
	      "agent's next one, also while the node is down.\n"
	      "  It is of the queue whose call the agent was offered, has, or works on after it.\n"
	      "- Intervals are those of the node's clock, in its time zone: where clocks are "
	      "changed a "
	      "day has 23 or 25 hours,\n  and the hour that comes twice is told twice, with its "
	      "offset (`local_time`). What `--since` and `--until` cut is told in part.\n"
	      "- Percentages have two digits and milliseconds none; what is behind them is cut.\n"
	      "- A call is of one region from its beginning on, and a conversation counts for the "
	      "team, shift, site and group\n  that its agent was in when it began, a wait for "
	      "those of the agent who took the caller; states count for what\n  the agent is in. "
	      "A reload that moves the agent ends the one stretch and begins the other, and does "
	      "not change\n  what was. Records of versions before these came are of none.\n"
	      "- What a grouping cannot tell is null: a queue has no idle agents, an agent no "
	      "waits, a team none of those who hung up. "
	      "A figure whose divisor is 0 is null.\n"
	      "- A row of refused calls that stands for several is one call for each, but can be "
	      "no repeated "
	      "one.\n\n",
		out);
	figures_table(out);
	counters_table(out);
	figures_statements(out);
}
