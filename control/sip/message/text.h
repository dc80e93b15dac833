// Between libre's shapes (struct pl, struct sa, header text) and ours.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "control/base/re.h"
#include "control/sip/ua.h"
#include "engine/base/addr.h"
#include "engine/base/str.h"

struct addr addr_of_sa(const struct sa *sa);
void sa_of_addr(const struct addr *a, struct sa *out);

// A number as the grammar writes it, of digits alone; more than fits is UINT32_MAX. False: it
// is none, and *out stays.
bool text_number(const struct pl *pl, uint32_t *out);

void text_copy(char *out, size_t size, const struct pl *pl); // cut when too long
// May this stand in a request line? Libre takes all that is between < and >, folded lines too.
bool text_is_uri(const struct pl *pl);
char *text_clone(const struct pl *pl); // malloc'd, or NULL
// A URI's user part or a display name, quoted or not, as people read it: %XX and \x undone, UTF-8
// without controls (engine/base/utf8.h).
void text_user(char *out, size_t size, const struct pl *user);
// Do two user parts mean the same, to the octet, however each is escaped?
bool text_same_user(const struct pl *a, const struct pl *b);
void text_name(char *out, size_t size, const struct pl *display);
void text_line(char *out, size_t size, const struct pl *value); // a header's text, as it stands
// The other way: escaped for a user part; for inside of a quoted string.
void text_add_user(struct str_buf *b, const char *user);
void text_add_quoted(struct str_buf *b, const char *text);
// Where a SIP URI points when its host is a literal address; default port 5060. False: a name,
// or another scheme.
bool text_uri_addr(const struct pl *uri, struct addr *out, enum ua_transport *transport);
