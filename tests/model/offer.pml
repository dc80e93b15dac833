/* The offer's protocol between control and the router, as control/router and control/call have it.
 *
 * Control posts messages into a mailbox that may be full (it then keeps them, in order); the router
 * answers by a ring. An offer has a number; what is said of a number that its agent no longer holds
 * is stale. AGENTS ring for CALLERS: ALL of them at once (ring-all) or one after the other. Phones
 * answer, reject and say nothing; callers leave; agents sign out; leases run out while an answer or
 * an end is on its way.
 *
 * Faults of the code can be put in: -DSTALE (an old number is accepted), -DNO_ELSEWHERE (the phones
 * beside the winner are not let go), -DLOST (a full mailbox loses the message), -DNO_LEASE (an offer
 * has none), -DNO_FORGET (a conversation whose lease ran out is not taken back: the caller stays in
 * line). Each of them must be found. */
#ifndef ALL
#define ALL 1
#endif
#define AGENTS	2
#define CALLERS 2
#define NONE	3
#ifndef OFFERS
#define OFFERS	3 /* how many are made, at most */
#endif

mtype = { FREE, OFFERED, TALKING, OUT };		    /* of an agent, in the router */
mtype = { JOIN, LEAVE, CONNECTED, OVER, SIGN_OUT };	    /* to the router */
mtype = { OFFER, LAPSED, STALE_DONE };			    /* from it */
mtype = { NEW, WAITS, TALKS, GONE };			    /* of a caller, in control */
mtype = { IDLE, RINGS, UP };				    /* of a phone */

/* kind, caller, agent, offer's number */
chan mailbox = [2] of { mtype, byte, byte, byte };
chan kept = [10] of { mtype, byte, byte, byte }; /* control's, of what found the mailbox full */
chan answers = [8] of { mtype, byte, byte, byte };

/* --- the router's --- */
mtype agent[AGENTS] = FREE;
byte held[AGENTS];		 /* the number of the offer that it holds; 0: none */
byte with[AGENTS] = NONE;	 /* the caller that it is offered */
bool in_line[CALLERS];		 /* waits, or is offered */
byte offers;			 /* numbers given out */

/* --- control's --- */
mtype caller[CALLERS] = NEW;
mtype phone[AGENTS] = IDLE;
byte phone_offer[AGENTS];
byte phone_caller[AGENTS] = NONE;
byte talks_to[CALLERS] = NONE;
bool forgotten; /* the end of one offer was never told */

#define IS_OFFERED(c) (with[0] == c || with[1] == c)

inline post(kind, c, a, o)
{
	if
	:: nempty(kept) -> kept ! kind, c, a, o
	:: empty(kept) && nfull(mailbox) -> mailbox ! kind, c, a, o
	:: empty(kept) && full(mailbox) ->
#ifndef LOST
		kept ! kind, c, a, o
#else
		skip
#endif
	fi
}

inline hand(c, a)
{
	offers++;
	agent[a] = OFFERED;
	held[a] = offers;
	with[a] = c;
	answers ! OFFER, c, a, offers
}

/* Whoever waits first and is not offered is handed out: to all who are free, or to one. */
inline match()
{
	do
	:: in_line[0] && !IS_OFFERED(0) && agent[0] == FREE && offers < OFFERS ->
		hand(0, 0);
		if
		:: ALL && agent[1] == FREE && offers < OFFERS -> hand(0, 1)
		:: else
		fi
	:: in_line[0] && !IS_OFFERED(0) && agent[0] != FREE && agent[1] == FREE &&
		offers < OFFERS ->
		hand(0, 1)
	:: !(in_line[0] && !IS_OFFERED(0)) && in_line[1] && !IS_OFFERED(1) &&
		agent[0] == FREE && offers < OFFERS ->
		hand(1, 0);
		if
		:: ALL && agent[1] == FREE && offers < OFFERS -> hand(1, 1)
		:: else
		fi
	:: !(in_line[0] && !IS_OFFERED(0)) && in_line[1] && !IS_OFFERED(1) &&
		agent[0] != FREE && agent[1] == FREE && offers < OFFERS ->
		hand(1, 1)
	:: else -> break
	od
}

inline forget(c)
{
	in_line[c] = false;
	if
	:: with[0] == c -> with[0] = NONE
	:: else
	fi;
	if
	:: with[1] == c -> with[1] = NONE
	:: else
	fi
}

/* Of a number that its agent does not hold (any more) nothing is believed. */
#ifndef STALE
#define HOLDS(a, o) (held[a] == o)
#else
#define HOLDS(a, o) (held[a] != 0)
#endif

#define IS_UP(a) (phone[a] == UP && phone_offer[a] == held[a])
#define lease_is_over(a) \
	(agent[a] == OFFERED || (agent[a] == TALKING && held[a] != 0 && !IS_UP(a)))

inline lapse(a)
{
	answers ! LAPSED, with[a], a, held[a];
	held[a] = 0;
	with[a] = NONE;
	agent[a] = FREE
}

active proctype router()
{
	mtype kind;
	byte c, a, o;
end:	do
	:: atomic { mailbox ? kind, c, a, o ->
		if
		:: kind == JOIN -> in_line[c] = true
		:: kind == LEAVE -> forget(c)
		:: kind == CONNECTED ->
			if
			:: HOLDS(a, o) && with[a] != NONE ->
				c = with[a];
				forget(c);
				agent[a] = TALKING
			:: else -> answers ! STALE_DONE, c, a, o
			fi
		:: kind == OVER ->
			if
			:: HOLDS(a, o) ->
				held[a] = 0;
				with[a] = NONE;
				agent[a] = (agent[a] == OUT -> OUT : FREE)
			:: else
			fi
		:: kind == SIGN_OUT ->
			if
			:: agent[a] == FREE -> agent[a] = OUT
			:: else
			fi
		fi;
		match();
		c = 0; a = 0; o = 0 }
#ifndef NO_LEASE
	/* Nobody has said in time what became of it; who talks renews the lease. */
	:: atomic { lease_is_over(0) -> lapse(0); match() }
	:: atomic { lease_is_over(1) -> lapse(1); match() }
#endif
	od
}

/* --- control --- */

inline hang_up(a)
{
	phone[a] = IDLE;
	phone_caller[a] = NONE;
	if
	:: post(OVER, 0, a, phone_offer[a])
	:: !forgotten -> forgotten = true /* a fault of ours: the lease is for that */
	fi;
	phone_offer[a] = 0
}

/* The others that ring for the caller of this one are let go. */
inline let_others_go(a)
{
#ifndef NO_ELSEWHERE
	if
	:: phone[1 - a] != IDLE && phone_caller[1 - a] == phone_caller[a] -> hang_up(1 - a)
	:: else
	fi
#else
	skip
#endif
}

inline on_offer(c, a, o)
{
	if
	:: caller[c] == WAITS && phone[a] == IDLE ->
		phone[a] = RINGS;
		phone_caller[a] = c;
		phone_offer[a] = o
	:: caller[c] == GONE ->
		post(LEAVE, c, 0, 0);
		post(OVER, c, a, o)
	:: else -> post(OVER, c, a, o) /* talks: another one was quicker */
	fi
}

inline caller_goes(c)
{
	if
	:: caller[c] == WAITS -> post(LEAVE, c, 0, 0)
	:: else
	fi;
	caller[c] = GONE;
	talks_to[c] = NONE;
	if
	:: phone[0] != IDLE && phone_caller[0] == c -> hang_up(0)
	:: else
	fi;
	if
	:: phone[1] != IDLE && phone_caller[1] == c -> hang_up(1)
	:: else
	fi
}

inline answers_phone(a)
{
	byte who = phone_caller[a];
	phone[a] = UP;
	assert(talks_to[who] == NONE); /* one winner */
	talks_to[who] = a;
	caller[who] = TALKS;
	let_others_go(a);
	post(CONNECTED, who, a, phone_offer[a])
}

/* Of what is kept there is no end in the code; here control waits a while. */
#define ROOM (len(kept) < 4)

active proctype control()
{
	mtype kind;
	byte c, a, o;
end:	do
	:: atomic { nempty(kept) && nfull(mailbox) -> kept ? kind, c, a, o;
		mailbox ! kind, c, a, o; c = 0; a = 0; o = 0 }
	:: atomic { ROOM && nempty(answers) -> answers ? kind, c, a, o;
		if
		:: kind == OFFER -> on_offer(c, a, o)
		:: kind == LAPSED ->
			if
			:: phone[a] == RINGS && phone_offer[a] == o -> hang_up(a)
			:: else
			fi
		:: kind == STALE_DONE ->
#ifndef NO_FORGET
			post(LEAVE, c, 0, 0)
#else
			skip
#endif
		fi;
		c = 0; a = 0; o = 0 }
	:: atomic { ROOM && caller[0] == NEW -> caller[0] = WAITS; post(JOIN, 0, 0, 0) }
	:: atomic { ROOM && caller[1] == NEW -> caller[1] = WAITS; post(JOIN, 1, 0, 0) }
	:: atomic { ROOM && (caller[0] == WAITS || caller[0] == TALKS) -> caller_goes(0) }
	:: atomic { ROOM && (caller[1] == WAITS || caller[1] == TALKS) -> caller_goes(1) }
	:: atomic { ROOM && phone[0] == RINGS -> answers_phone(0) }
	:: atomic { ROOM && phone[1] == RINGS -> answers_phone(1) }
	:: atomic { ROOM && phone[0] == RINGS -> hang_up(0) } /* rejects, or does not answer */
	:: atomic { ROOM && phone[1] == RINGS -> hang_up(1) }
	od
}

/* --- what holds whenever nothing is on its way --- */

#define QUIET (empty(mailbox) && empty(kept) && empty(answers))
#define NOT_LOST(c) (caller[c] != WAITS || in_line[c])
#define NOT_KEPT(c) (caller[c] == WAITS || !in_line[c])
#define KNOWN(a) (phone[a] != RINGS || held[a] == phone_offer[a])
#define ALONE(a) (phone[a] != RINGS || caller[phone_caller[a]] == WAITS)
#define MATCHED \
	(offers == OFFERS || !((agent[0] == FREE || agent[1] == FREE) && \
		((in_line[0] && !IS_OFFERED(0)) || (in_line[1] && !IS_OFFERED(1)))))

active proctype judge()
{
end:	do
	:: atomic { QUIET && !(caller[0] == GONE && caller[1] == GONE) ->
		assert(NOT_LOST(0) && NOT_LOST(1)); /* who waits stands in line */
		assert(NOT_KEPT(0) && NOT_KEPT(1)); /* … and nobody else does */
		assert(KNOWN(0) && KNOWN(1));	    /* what rings is what the router offered */
		assert(ALONE(0) && ALONE(1));	    /* nobody rings for who talks or is gone */
		assert(MATCHED) }		    /* nobody waits where an agent is free */
	:: timeout -> /* all are gone: no lease is left, nobody stands in line */
		assert(held[0] == 0 && held[1] == 0);
		assert(NOT_KEPT(0) && NOT_KEPT(1));
		break
	od
}
