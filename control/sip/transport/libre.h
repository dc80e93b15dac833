// What libre keeps for the process, and what stands in its place: one object, the only one.
//
// Libre's functions are called through the symbol table, libre's own calls of them too, and a
// process has one such table: so the functions that we put before libre's (door, cancel, branch,
// bounds, buffers, pattern, connections) serve all user agents of a process, and have no argument
// by which each could be told. What they need beyond a message is here: libre's own functions
// behind them, found once; whose socket, stack or descriptor it is; and what one of them has read
// and the next one takes.
//
// Several user agents share it so: each of their local addresses is a struct libre_end in a list.
// A datagram is told by its socket, a CANCEL and what is sent by its struct sip, a connection by
// its descriptor's record, which knows the end whose listener took it or whose stack began it.
// What belongs to none of them (HTTP, DNS, a test's own sockets) goes on to libre as if nothing
// stood before it.
//
// Nothing here is locked, and libre's loop belongs to its thread: all user agents of a process
// live in one thread, that of the loop (control/base/loop), which also makes and frees them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/re.h"
#include "control/base/transports.h"

struct connection;
struct connections;
struct pattern_kept;
struct refusals;
struct sip_connqent;

// Private to libre, and exported: all that it sends goes by it.
int sip_transp_send(struct sip_connqent **qentp, struct sip *sip, void *sock, enum sip_transp tp,
	const struct sa *to, struct mbuf *mb, void (*sent)(int err, void *arg), void *arg);

struct libre_end { // a local address of a user agent
	struct libre_end *next;
	struct sip *sip;
	struct udp_sock *socket; // NULL: it has none
	struct refusals *refusals;
	struct connections *connections;
	// True: a CANCEL was answered, and libre shall not hear of it.
	bool (*cancel)(const struct sip_msg *msg, void *arg);
	void *arg;
};

struct libre_random { // random.c
	uint8_t bytes[4096];
	size_t left; // at the end
};

struct libre {
	// Libre's, each under its own name.
	__typeof__(fd_listen) *fd_listen;
	__typeof__(sip_listen) *sip_listen;
	__typeof__(sip_msg_decode) *sip_msg_decode;
	__typeof__(sip_transp_send) *sip_transp_send;
	__typeof__(sip_via_decode) *sip_via_decode;
	__typeof__(stun_reply) *stun_reply;
	__typeof__(tcp_accept) *tcp_accept;
	__typeof__(tcp_connect) *tcp_connect;
	sip_msg_h *requests; // to server transactions, of whatever stack
	bool found;	     // all of them

	struct libre_end *ends; // that stand
	// While libre is called: whose socket it opens, whose connection it begins or takes. NULL:
	// nobody's.
	struct libre_end *opening;
	struct connections *beginning;
	// What is sent now may go elsewhere: that it cannot leave is told, and not taken as a loss.
	bool elsewhere;
	// Whose message it reads, or read last.
	struct refusals *reading;
	struct { // a datagram that was read before libre asks for it
		struct sip_msg *msg;
		size_t pos; // behind its head
	} ready;
	// Records of descriptors, by their number; owned by those whose they are.
	struct connection **by_fd;
	int fds; // by_fd's length

	struct libre_random random;
	struct pattern_kept *patterns; // pattern.c; NULL: none was read yet
	uint64_t seed; // of a hash over what strangers choose (control/sip/transport/branch)
	uint64_t moved, given_up; // buffers.h, pattern.h
};

extern struct libre libre;

enum sip_transp transport_libre(enum ua_transport t);
enum ua_transport transport_of_libre(enum sip_transp tp); // UDP: of one that is not served

bool libre_found(void); // looks for libre's functions, once; false: it is another library
void libre_join(struct libre_end *e);
void libre_leave(struct libre_end *e);			   // harmless when it has not joined
struct libre_end *libre_end_of_sip(const struct sip *sip); // NULL: nobody's
struct libre_end *libre_end_of_socket(const struct udp_sock *socket); // the same
