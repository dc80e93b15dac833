// The day of the node's time zone, which some policies go by.
#include <time.h>

#include "control/queue/floor_private.h"

#define NS_PER_S     1000000000u
#define LOOK_EVERY_S 900 // a day begins and ends with a quarter of an hour everywhere

// By the date, as not every day begins at midnight everywhere.
void floor_day_look(struct floor *f)
{
	time_t now = (time_t)(timers_wall_ns(f->options.timers) / NS_PER_S);
	struct tm tm;
	if (now / LOOK_EVERY_S == f->day.looked)
		return;
	f->day.looked = now / LOOK_EVERY_S;
	localtime_r(&now, &tm);
	bool same = f->day.year == 0 || (f->day.year == tm.tm_year && f->day.of_year == tm.tm_yday);
	f->day.year = tm.tm_year;
	f->day.of_year = tm.tm_yday;
	struct router_message m = {.kind = ROUTER_DAY};
	if (!same)
		floor_post(f, &m);
}
