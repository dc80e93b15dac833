// Folders of a benchmark on a real disk. They go with the program, also when a signal ends it, so
// that a run which is cut off leaves nothing where it was started.
#pragma once

#define BENCH_FOLDER_MAX 256

// PARENT/NAME-bench-…; a program has four at once at most. What cannot be done ends the program.
void bench_folder_new(char out[BENCH_FOLDER_MAX], const char *parent, const char *name);
void bench_folder_remove(const char *folder); // with all that is in it
