// A state machine in the open: what each of its states does with each input is one table, which
// docs/architecture.md prints and the tests count (tests/machines).
//
// A cell that is left out cannot come to pass. A test that gets there all the same ends; for the
// product it is what a surprise is: nothing changes, and the machine's owner counts it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_kind {
	MACHINE_CANNOT,	  // no order of events leads here
	MACHINE_SURPRISE, // a fault of what lies below alone does: it is counted, nothing changes
	MACHINE_STAYS,	  // known, and nothing is done
	MACHINE_ACTS,	  // the state stays
	MACHINE_GOES,	  // to one state, then acts
	MACHINE_CHOOSES,  // the action goes to one of some states
	MACHINE_ENDS,	  // the action ends the object
};

struct machine_cell {
	uint8_t kind;	    // enum machine_kind
	uint8_t to;	    // GOES
	uint16_t choice;    // CHOOSES: a bit for each state; it may be the same one
	const char *action; // NULL: none
};

// What tables are written with. A machine's own cell is a struct of `struct machine_cell cell` and
// a pointer `act` to its kind of function.
#define SURPRISE                                    \
	{                                           \
		.cell = {.kind = MACHINE_SURPRISE } \
	}
#define STAYS                                    \
	{                                        \
		.cell = {.kind = MACHINE_STAYS } \
	}
#define ACTS(function)                                                   \
	{                                                                \
		.cell = {MACHINE_ACTS, 0, 0, #function}, .act = function \
	}
#define GOES(state, function)                                                \
	{                                                                    \
		.cell = {MACHINE_GOES, state, 0, #function}, .act = function \
	}
#define PASSES(state)                                    \
	{                                                \
		.cell = { MACHINE_GOES, state, 0, NULL } \
	} // and does nothing
#define CHOOSES(states, function)                                                \
	{                                                                        \
		.cell = {MACHINE_CHOOSES, 0, states, #function}, .act = function \
	}
#define ENDS(function)                                                   \
	{                                                                \
		.cell = {MACHINE_ENDS, 0, 0, #function}, .act = function \
	}
#define MACHINE_OR(state) (1u << (state)) // CHOOSES(MACHINE_OR(X) | MACHINE_OR(Y), …)
#define MACHINE_END	  15		  // MACHINE_OR(MACHINE_END): or the object ends

struct machine {
	const char *name;
	const char *const *states, *const *inputs; // names, as they are printed
	const void *cells; // [states][inputs], each beginning with a struct machine_cell
	uint16_t size;	   // of one
	uint8_t state_count, input_count;
};

// Of a table `cells` of [STATES][INPUTS]; state_names and input_names are as long.
#define MACHINE(machine_name, table, state_names, input_names)                      \
	{                                                                           \
		.name = machine_name, .states = state_names, .inputs = input_names, \
		.cells = table, .size = sizeof(table[0][0]),                        \
		.state_count = sizeof(table) / sizeof(table[0]),                    \
		.input_count = sizeof(table[0]) / sizeof(table[0][0]),              \
	}

// Linked into the tests alone (tests/machines/note.c): they note what is reached, and end where it
// cannot be. Any thread.
__attribute__((weak, visibility("default"))) void machine_noted(
	const struct machine *m, unsigned state, unsigned input);
__attribute__((weak, visibility("default"))) void machine_chosen(
	const struct machine *m, const struct machine_cell *c, unsigned to);

static inline const struct machine_cell *machine_cell(
	const struct machine *m, unsigned state, unsigned input)
{
	const char *cells = m->cells;
	return (const void *)(cells + (size_t)(state * m->input_count + input) * m->size);
}

// The input comes in this state, to its cell. False: a surprise.
static inline bool machine_reach_cell(
	const struct machine *m, const struct machine_cell *c, unsigned state, unsigned input)
{
	if (machine_noted != NULL)
		machine_noted(m, state, input);
	return c->kind > MACHINE_SURPRISE;
}

static inline bool machine_reach(const struct machine *m, unsigned state, unsigned input)
{
	return machine_reach_cell(m, machine_cell(m, state, input), state, input);
}

// The state behind a cell that was reached: of a cell that chooses, ends or stays it is the one
// before.
static inline unsigned machine_next(const struct machine_cell *c, unsigned state)
{
	return c->kind == MACHINE_GOES ? c->to : state;
}

// What a cell that chooses has chosen.
static inline void machine_choose(
	const struct machine *m, const struct machine_cell *c, unsigned to)
{
	if (machine_chosen != NULL)
		machine_chosen(m, c, to);
}
