// What the doubles share with the world that they stand in.
#pragma once

#include <stdbool.h>

struct config;
struct timers;

struct timers *sim_timers(void);
struct config *sim_config(void); // in force
bool sim_reloaded(void);
void sim_judge_hearing(void); // sim_judge.c: at every moment
