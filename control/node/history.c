// The store's rows are a caller's calls, the newest first: the first that an agent answered tells.
#include "control/node/history.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "control/config/config.h"
#include "control/store/store.h"
#include "engine/base/str.h"

#define CALLS_LOOKED_AT 32

struct history_question {
	struct dlist link;
	struct node_history *history;
	uint64_t call;
	uint32_t ticket;
	const char *member;
	char caller[64], found[VARIABLE_TEXT_MAX];
};

static const char *text_of(const json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));

	return text ? text : "";
}

static void on_row(const char *json, void *arg)
{
	struct history_question *a = arg;
	json_t *row = json_loads(json, 0, NULL);

	if (!*a->found && *text_of(row, "agent") && str_equal(text_of(row, "caller"), a->caller))
		(void)str_copy(a->found, sizeof(a->found), text_of(row, a->member));
	json_decref(row);
}

static void on_end(int error, void *arg)
{
	struct history_question *a = arg;

	dlist_remove(&a->link);
	calls_answer(a->history->calls, a->call, a->ticket, error ? "" : a->found);
	free(a);
}

void history_start(struct node_history *h, struct store *store)
{
	h->store = store;
	dlist_init(&h->open);
}

void history_stop(struct node_history *h)
{
	while (!dlist_empty(&h->open)) { // others may be answered within
		struct history_question *a =
			container_of(h->open.next, struct history_question, link);

		dlist_remove(&a->link);
		store_forget(h->store, a);
		free(a);
	}
}

int history_ask(const struct calls_question *q, void *history)
{
	struct node_history *h = history;
	struct store_filter filter = {.limit = CALLS_LOOKED_AT};
	struct history_question *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*a = (struct history_question){.history = h,
		.call = q->call,
		.ticket = q->ticket,
		.member = str_equal(q->what, "last_queue") ? "queue" : "agent"};
	const struct store_answer answer = {on_row, on_end, a, NULL};
	int err = str_copy(a->caller, sizeof(a->caller), q->caller);
	if (!err)
		err = str_copy(filter.party[0], sizeof(filter.party[0]), q->caller);
	if (!err)
		err = str_copy(filter.tenant, sizeof(filter.tenant), q->tenant);
	if (!err)
		err = store_query_calls(h->store, &filter, &answer);
	if (err) {
		free(a);
		return err;
	}
	dlist_push_back(&h->open, &a->link);
	return 0;
}
