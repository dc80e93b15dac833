// What makes writes safe against a power cut while recordings go on: one sync of their file system
// for all of them, by a thread of its own, which nobody waits for.
//
// A sync of each file costs ten thousand recordings half as much again as recording itself
// (docs/performance.md); one of the file system saves data, lengths and names of all at once.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct saver {
	char directory[256];
	int efd;
	pthread_t thread;
	_Atomic uint32_t state; // enum saver_state
	int told;		// error of the last sync
};

int saver_start(struct saver *s, const char *directory); // 0 or -errno
void saver_stop(struct saver *s);			 // waits for a sync under way
// What was written before is safe when the sync has ended. False: one is still under way.
bool saver_ask(struct saver *s);
