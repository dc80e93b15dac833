// What libre answers without asking us, kept to the rules of our own answers: STUN requests on
// the SIP port (keep-alives, RFC 5626 4.4.2), and where an answer goes. Both functions of libre
// are called through the symbol table and stand here.
//
// A binding request is answered to whoever may be answered at all (refuse.h): to known peers, to
// strangers within their rate, and to no stranger where they shall hear nothing. A Via's maddr is
// not followed: by it a stranger would have us send to anybody.
#pragma once

int bounds_init(void); // 0 or -ENOSYS
