// What an event's body says, of a centre's own names.
#pragma once

#include <stdint.h>

#define NEWS_NONE UINT32_MAX

struct event;

// "queue":"q3" is 3. NEWS_NONE: it has no such member, or it names nothing of ours.
uint32_t news_number(const struct event *e, const char *member);
void news_text(const struct event *e, const char *member, char out[32]); // "": it has none
