// Times in words.
#include "control/ops/why/sentence.h"

#include <stdbool.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

const char *sentence_time(uint64_t wall_ns, uint64_t now_ns, char out[SENTENCE_TIME_MAX])
{
	struct tm at, now;
	localtime_r(&(time_t){(time_t)(wall_ns / NS_PER_S)}, &at);
	localtime_r(&(time_t){(time_t)(now_ns / NS_PER_S)}, &now);
	bool today = at.tm_year == now.tm_year && at.tm_yday == now.tm_yday;
	strftime(out, SENTENCE_TIME_MAX, today ? "%H:%M:%S" : "%F %T", &at);
	return out;
}

const char *sentence_span(uint64_t ms, char out[SENTENCE_TIME_MAX])
{
	unsigned long long s = ms / 1000;
	if (s < 60)
		str_format(out, SENTENCE_TIME_MAX, "%llu s", s);
	else if (s < 3600)
		str_format(out, SENTENCE_TIME_MAX, "%llu min %llu s", s / 60, s % 60);
	else
		str_format(out, SENTENCE_TIME_MAX, "%llu h %llu min", s / 3600, s / 60 % 60);
	return out;
}
