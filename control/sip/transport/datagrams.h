// The datagrams of one socket, many at a time: what has come is read by one call of the kernel for
// a whole batch, and what a turn of the loop sends leaves by one call at its end.
//
// Who sends still hears what the kernel says to it, as if each were sent by itself: a datagram goes
// at once, behind those that wait, when it is longer than most (EMSGSIZE), when nothing was sent
// to its address before (no route, a source address that cannot reach it, a firewall that
// refuses), and outside of the loop. One that waits and is refused is told to the log; its address
// counts as one that nothing was sent to, so that the next one, a retransmission at the latest,
// hears why. Order is kept: what finds no room in the socket waits with all behind it until there
// is some.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct datagrams;

// False: nobody wants to hear more.
typedef bool(datagrams_h)(const struct sockaddr *from, socklen_t from_len, const uint8_t *data,
	size_t len, void *arg);

// Of a socket, non-blocking, which stays the caller's and open until datagrams_free. most: octets
// that are received of one. NULL: no memory.
struct datagrams *datagrams_new(int fd, size_t most);
// What waits is sent first, as far as there is room. NULL allowed.
void datagrams_free(struct datagrams *d);
bool datagrams_most(struct datagrams *d, size_t most); // false: no memory, it stays as it was
// What has come, at most a bounded batch. 0 or the kernel's errno. d stays until it returns.
int datagrams_receive(struct datagrams *d, datagrams_h *fn, void *arg);
// to NULL: the socket is connected. 0, or errno: it was not taken; ENOBUFS: there is no room, and
// others wait before it.
int datagrams_send(struct datagrams *d, const struct sockaddr *to, socklen_t to_len,
	const uint8_t *data, size_t len);
