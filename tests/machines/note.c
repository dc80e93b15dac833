// What tests reach of the tables of states: an empty file for each cell, MACHINE.STATE.INPUT, in
// the build's folder. So tests beside each other, and processes that end by a signal, need no care.
//
// A test of refused system calls shall not see ours: they pass by the C library's functions.
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/machine.h"

#define MACHINES_MAX 8
#define CELLS_MAX    1024

static struct {
	_Atomic(const struct machine *) machine;
	atomic_bool seen[CELLS_MAX];
} noted[MACHINES_MAX];

static atomic_bool *cell_of(const struct machine *m, unsigned state, unsigned input)
{
	for (unsigned i = 0; i < MACHINES_MAX; i++) {
		const struct machine *none = NULL;
		if (noted[i].machine == m ||
			atomic_compare_exchange_strong(&noted[i].machine, &none, m) || none == m)
			return &noted[i].seen[state * m->input_count + input];
	}
	fprintf(stderr, "tests/machines/note.c has no room for machine %s\n", m->name);
	abort();
}

static void write_down(const struct machine *m, unsigned state, unsigned input)
{
	char path[512];
	snprintf(path, sizeof(path), MACHINES_REACHED "/%s.%s.%s", m->name, m->states[state],
		m->inputs[input]);
	syscall(SYS_mkdir, MACHINES_REACHED, 0777);
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	if (fd >= 0)
		syscall(SYS_close, fd);
}

void machine_noted(const struct machine *m, unsigned state, unsigned input)
{
	if (state >= m->state_count || input >= m->input_count) {
		fprintf(stderr, "machine %s: no such cell: state %u, input %u\n", m->name, state,
			input);
		abort();
	}
	if (machine_cell(m, state, input)->kind == MACHINE_CANNOT) {
		fprintf(stderr, "machine %s: cannot be, and is: state %s, input %s\n", m->name,
			m->states[state], m->inputs[input]);
		abort();
	}
	atomic_bool *seen = cell_of(m, state, input);
	if (!atomic_exchange_explicit(seen, true, memory_order_relaxed))
		write_down(m, state, input);
}

void machine_chosen(const struct machine *m, const struct machine_cell *c, unsigned to)
{
	if (c->kind == MACHINE_CHOOSES && (c->choice >> to & 1))
		return;
	fprintf(stderr, "machine %s: %s leads to %s, which its table does not say\n", m->name,
		c->action ? c->action : "nothing",
		to < m->state_count ? m->states[to] : "no state");
	abort();
}
