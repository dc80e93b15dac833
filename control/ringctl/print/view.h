// What `ringctl top` shows: a screen of text out of the daemon's answers.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "control/ringctl/print/text.h"

enum view_sort { VIEW_BY_NAME, VIEW_BY_STATE, VIEW_BY_TIME, VIEW_SORTS };

struct view {
	json_t *status;				   // object; NULL: not known yet
	json_t *queues, *agents, *calls, *workers; // arrays of rows
	char error[256];			   // why they are not up to date, or ""
	bool calls_cut;				   // there are more than could be asked for
	enum view_sort sort;
	unsigned top;	// first line of the tables that is shown
	unsigned lines; // of the tables, as last drawn
};

void view_sort(struct view *v);
// One frame of o->width columns and `lines` lines, with the escape sequences that place it.
void view_draw(struct view *v, const struct output *o, unsigned lines);
void view_scroll(struct view *v, int by);
