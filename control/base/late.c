// What waits for the end of the loop's turn.
#include "control/base/late.h"

#include <stddef.h>

static struct dlist *late; // of the process, as libre's loop is; NULL: the loop does not run

bool loop_later(struct loop_late *l)
{
	if (!late)
		return false;
	if (!l->due)
		dlist_insert_before(l->first ? late->next : late, &l->link);
	l->due = true;
	return true;
}

void loop_never(struct loop_late *l)
{
	if (l->due)
		dlist_remove(&l->link);
	l->due = false;
}

void late_begin(struct dlist *list)
{
	dlist_init(list);
	late = list;
}

bool late_run(void)
{
	struct dlist due;

	if (!late)
		return false;
	dlist_init(&due);
	while (!dlist_empty(late)) {
		struct dlist *link = late->next;
		dlist_remove(link);
		dlist_push_back(&due, link);
	}
	while (!dlist_empty(&due)) {
		struct loop_late *l = container_of(due.next, struct loop_late, link);
		loop_never(l);
		l->fn(l->arg);
	}
	return !dlist_empty(late);
}

void late_end(void)
{
	while (!dlist_empty(late))
		loop_never(container_of(late->next, struct loop_late, link));
	late = NULL;
}
