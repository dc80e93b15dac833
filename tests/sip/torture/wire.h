// A far end on loopback, in a network namespace of this program's own, in the loop of the user
// agent that it speaks to.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define WIRE_ANSWERS_MAX 8

#define WIRE_PORTS 4

struct loop;
struct timers;

struct wire {
	int fds[WIRE_PORTS]; // the first sends; answers come to the port that a Via names
	unsigned count;
	bool tcp, closed;
	char in[1 << 16]; // TCP: what came and is no whole message
	size_t in_len;
};

// What a far end got for what it sent: final and provisional ones, in order, without fences.
struct wire_answers {
	unsigned status[WIRE_ANSWERS_MAX];
	char *text[WIRE_ANSWERS_MAX]; // malloc'd
	unsigned count;
	bool closed; // by the other side
};

extern struct timers wire_timers; // of the loop; begun by who begins that
extern struct loop wire_loop;

// Into a namespace with nothing but loopback. False: the kernel does not let us.
bool wire_enter(void);
// From this address of 127.0.0.0/8, by UDP its port 5060, to 127.0.0.1.
void wire_open(struct wire *w, const char *source, bool tcp);
void wire_close(struct wire *w);
void wire_send(struct wire *w, const char *text, size_t len);
void wire_turn(void); // a few turns of the loop: what was sent is read
// What came meanwhile, without asking.
void wire_heard(struct wire *w, struct wire_answers *out);
// Sends, and then a fence: an OPTIONS of ours, whose answer says that all before it was read.
// Returns what came until then, or until the connection was closed, or, with waits, a while.
void wire_ask(struct wire *w, const char *text, size_t len, bool waits, struct wire_answers *out);
void wire_forget(struct wire_answers *a);
