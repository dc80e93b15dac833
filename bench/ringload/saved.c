// Results kept in a file (JSON), and two of them side by side.
#include "bench/ringload/results.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sys/utsname.h>
#include <time.h>

#include "engine/base/str.h"

static json_t *profile_json(const struct profile *p)
{
	struct utsname os;

	uname(&os);
	return json_pack("{s:s s:i s:f s:i s:i s:s s:s s:I}", "target", p->target, "calls",
		(int)p->calls, "rate", p->rate, "duration_ms", (int)p->duration_ms, "ptime_ms",
		(int)p->ptime_ms, "digits", p->digits, "kernel", os.release, "time",
		(json_int_t)time(NULL));
}

int results_save(const struct results *r, const struct profile *p, const char *path)
{
	json_t *items = json_object();
	json_t *file = json_pack("{s:s s:o s:i s:s s:o}", "bench", "ringload", "profile",
		profile_json(p), "verdict", (int)r->verdict, "why", r->why, "results", items);

	for (unsigned i = 0; i < r->count; i++) {
		const struct result *it = &r->item[i];
		json_t *one = json_pack("{s:f s:s}", "value", it->value, "unit", it->unit);

		if (!isnan(it->quiet))
			json_object_set_new(one, "quiet", json_real(it->quiet));
		json_object_set_new(items, it->name, one);
	}
	int err = json_dump_file(file, path, JSON_INDENT(1)) ? -EIO : 0;
	json_decref(file);
	return err;
}

int results_load(struct results *r, const char *path)
{
	json_t *file = json_load_file(path, 0, NULL), *one;
	const char *name;

	*r = (struct results){0};
	json_object_foreach(json_object_get(file, "results"), name, one)
	{
		struct result *it = &r->item[r->count];
		json_t *quiet = json_object_get(one, "quiet");
		const char *unit = json_string_value(json_object_get(one, "unit"));

		if (r->count == RESULTS_MAX)
			break;
		r->count++;
		str_copy(it->name, sizeof(it->name), name);
		str_copy(it->unit, sizeof(it->unit), unit ? unit : "");
		it->value = json_number_value(json_object_get(one, "value"));
		it->quiet = quiet ? json_number_value(quiet) : NAN;
	}
	r->verdict = (enum verdict)json_integer_value(json_object_get(file, "verdict"));
	json_decref(file);
	return r->count ? 0 : -EINVAL;
}

// The quiet value where there is one: it is the one that limits hold for.
static double result_judged(const struct result *it)
{
	return isnan(it->quiet) ? it->value : it->quiet;
}

void results_diff(const struct results *old, const struct results *now, FILE *out)
{
	fprintf(out, "%-20s %14s %14s %9s  %s\n", "without host gaps", "before", "now", "change",
		"unit");
	for (unsigned i = 0; i < now->count; i++) {
		const struct result *it = &now->item[i];
		const struct result *was = NULL;

		for (unsigned k = 0; k < old->count && !was; k++)
			if (str_equal(old->item[k].name, it->name))
				was = &old->item[k];
		double a = was ? result_judged(was) : NAN, b = result_judged(it);
		if (a == 0 && b == 0)
			continue;
		fprintf(out, "%-20s ", it->name);
		if (!was)
			fprintf(out, "%14s %14.6g %9s", "-", b, "");
		else if (a == 0)
			fprintf(out, "%14.6g %14.6g %9s", a, b, "new");
		else
			fprintf(out, "%14.6g %14.6g %+8.1f%%", a, b, 100 * (b - a) / a);
		fprintf(out, "  %s\n", it->unit);
	}
	fprintf(out, "before: %s, now: %s\n", verdict_text(old->verdict),
		verdict_text(now->verdict));
}
