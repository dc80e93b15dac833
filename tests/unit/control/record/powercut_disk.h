// A disk that loses power, in virtual time: liburing's calls, the clocks and the saver's are put in
// place of the real ones when linking (--wrap). What io_uring is asked for goes into a journal with
// the times at which it began and ended; nothing is written. Later the disk can be made as a cut
// at any moment leaves it: what a sync that had ended covered is there, of the rest any part.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// From now on, in `directory`; tick is called every 20 ms of virtual time by the thread that
// waits in io_uring, from cut_go until it returns false. cut_end waits for that.
void cut_begin(const char *directory, uint64_t seed, bool (*tick)(void));
void cut_go(void);
void cut_end(void);
// The real functions are back; the journal stays.
void cut_over(void);
uint64_t cut_now_ns(void);
uint64_t cut_longest_sync_ns(void);

// Makes what is left at this moment, in the place where it was.
void cut_make(uint64_t at_ns, uint64_t seed);
// Of what a test wants to see fail: nothing is ever synced.
void cut_without_sync(void);
