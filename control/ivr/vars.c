// A call's variables: a short list.
#include "control/ivr/vars.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/str.h"
#include "engine/base/utf8.h"

static struct ivr_variable *find(const struct ivr_vars *v, const char *name)
{
	struct ivr_variable *at = v->first;
	while (at != NULL && !str_equal(at->name, name))
		at = at->next;
	return at;
}

int ivr_vars_set(struct ivr_vars *v, const char *name, const char *text, size_t len)
{
	struct ivr_variable *at = find(v, name);
	if (at == NULL && v->count == VARIABLES_MAX)
		return -ENOSPC;
	if (at == NULL) {
		at = calloc(1, sizeof(*at));
		if (at == NULL)
			return -ENOMEM;
		str_copy(at->name, sizeof(at->name), name);
		at->next = v->first;
		v->first = at;
		v->count++;
	}
	utf8_clean(at->text, sizeof(at->text), text, len);
	return 0;
}

const char *ivr_vars_get(const struct ivr_vars *v, const char *name)
{
	const struct ivr_variable *at = find(v, name);
	return at != NULL ? at->text : "";
}

void ivr_vars_free(struct ivr_vars *v)
{
	while (v->first != NULL) {
		struct ivr_variable *gone = v->first;
		v->first = gone->next;
		free(gone);
	}
	v->count = 0;
}
