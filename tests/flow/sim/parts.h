// What the doubles share with the world that they stand in.
#pragma once

#include <stdbool.h>

struct config;
struct event;
struct json_t;
struct timers;

struct far_end;
struct media;
struct sim_engine;
struct sim_setup;
struct sim_fed;
struct sim_stories;

struct sim_parts { // what each double keeps of a world, made and freed by it
	struct far_end *far;
	struct media *media;
	struct sim_engine *engine; // behind the gate
	struct sim_fed *fed;	   // to the event log
	struct sim_stories *stories;
	const struct sim_setup *setup; // of the world
	bool stirred;		       // what is heard may have changed since it was judged
};

struct sim *sim_here(void);
struct sim_parts *sim_parts(void); // of the world that the scenario is in
struct timers *sim_timers(void);
struct config *sim_config(void); // in force
bool sim_reloaded(void);
void sim_judge_hearing(void); // judge.c: at every moment that stirred
void sim_story_tell(const struct event *e, const struct json_t *body); // of its own text
