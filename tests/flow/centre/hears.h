// Who talks hears the other, and that alone.
#pragma once

struct ua_leg;

// Legs of a caller and of its agent, NULL: none any more. Judged while sound goes both ways.
void hears_judge(
	const struct ua_leg *near, const struct ua_leg *far, unsigned caller, unsigned agent);
