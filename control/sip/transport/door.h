// Stands before libre's own door: refuses messages it would trip over, and takes its complaints.
//
// Libre drops what it cannot read and prints a line to stderr for each, which lets any stranger
// fill the log; passes on messages without the fields that RFC 3261 8.1.1 demands, or with them
// twice; and receives 8 KB of a datagram at most. Its functions are called through the symbol
// table, so those defined in door.c serve Debian's library: udp_listen, which puts our reader
// before libre's, sip_msg_decode and re_fprintf.
#pragma once

#include <stddef.h>

#include "control/sip/message/strict.h"

struct udp_sock;

#define DOOR_DATAGRAM_MAX 65536 // octets that are received of one: all that there can be

int door_init(void); // for all user agents of the process, once or more: 0 or -ENOSYS
// What udp_listen has opened, told by whoever stands in its place (udp.c): when it is a user
// agent's, our reader is put before libre's. 0 or an errno of libre's.
int door_opened(struct udp_sock *socket);
// Can libre read a message that is in order otherwise? status 0: it can.
struct strict_fault door_try(const char *text, size_t len);
