// Owners of ports against the division that they stand for.
#include "tests/unit/unit.h"

#include "engine/split.h"

static void compare(uint16_t rtp_min, uint16_t rtp_max)
{
	struct engine_media m = {.rtp_min = rtp_min, .rtp_max = rtp_max};
	uint32_t pairs = split_pairs(&m);

	for (unsigned workers = 1; workers <= WORKERS_MAX; workers++) {
		struct split s = split_of(&m, workers);
		unsigned wrong = 0; // an assertion for each of millions of ports takes its time

		for (uint32_t port = rtp_min; port <= rtp_max; port++) {
			uint32_t pair = (port - rtp_min) / 2;
			unsigned owner = split_owner(&s, (uint16_t)port);

			wrong += owner != pair * workers / pairs ||
				pair < split_first(&m, workers, owner) ||
				pair >= split_first(&m, workers, owner + 1);
		}
		ck_assert_msg(
			wrong == 0, "%u of %u to %u, %u workers", wrong, rtp_min, rtp_max, workers);
	}
}

START_TEST(owners_are_those_of_a_division)
{
	static const uint16_t ends[] = {1537, 1539, 1601, 2047, 9999, 30001, 49151, 65535};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		compare(1536, ends[i]);
	compare(20000, 29999);
	compare(2, 65535);
}
END_TEST

UNIT_MAIN("split", owners_are_those_of_a_division)
