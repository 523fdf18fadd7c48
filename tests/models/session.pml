/* The session protocol: PostgreSQL, directly.
 *
 * The lock belongs to the session that does the work: they end together, whoever ends them. What is
 * modelled of a migrator is what its session executes at the server; when the process dies, that may
 * go on for a while, with the lock. A cut is the server's end of a session: all of it at once.
 *
 * LETS_GO: the scripts drop the session's locks, which they should not.
 */
#define SET_UP skip
byte lock = 255;     /* whose session has the advisory lock; 255: nobody's */
bool gone[4];        /* a session that the server has ended */
#define SOMEBODY_HOLDS (lock != NOBODY)
#define A_RUN_BEGAN true
#define STANDS (lock == me && !gone[me])
#ifdef TWO_CONNECTIONS  /* the lock on one, the work on the other, and nothing that ties them */
#define LOSE_THE_LOCK lock = NOBODY
#else
#define LOSE_THE_LOCK victim = lock; gone[victim] = true; end_session(victim); victim = 0
#endif
#ifdef POOLED           /* everybody's statements run in one session of the server's */
#define FREE true
#else
#define FREE (lock == NOBODY || lock == me)
#endif

#include "history.pml"

/* A session's end undoes what it had not committed, and drops its lock. */
inline end_session(whose) {
  let_go_of_rows(whose);
  if :: at_work_alone == whose -> at_work_alone = NOBODY :: else fi;
  if :: lock == whose -> lock = NOBODY :: else fi
}

/* Taking the lock again succeeds while it is ours, or nobody's. */
inline check() {
#ifndef NO_CHECK
  atomic { if :: FREE -> lock = me :: else -> goto fenced fi }
#else
  skip
#endif
}

proctype Migrator(byte me) {
  byte v = 0;
  byte r = 0;
  bool done = false;
  bool took_effect = false;
  bool planned[V];
back:
  { skip;
try:
#ifdef LOOK_BEFORE_LOCK
    look();
#endif
    atomic { FREE -> lock = me };
#ifndef LOOK_BEFORE_LOCK
    look();
#endif
#ifdef RELEASE_EARLY
    atomic { if :: lock == me -> lock = NOBODY :: else fi };
#endif
    v = 0;
    do
    :: v == V -> break
    :: v < V && !planned[v] -> v++
    :: v < V && planned[v] && v != ALONE ->
       check();
#ifndef NO_SECOND_LOOK
       if
       :: recorded[v] ->
          assert(lock != me);                     /* who holds the lock has seen all there is */
          goto fenced
       :: else
       fi;
#endif
       atomic { script_lock[v] == NOBODY -> script_lock[v] = me };
#ifdef LETS_GO
       atomic { if :: lock == me -> lock = NOBODY :: else fi };
#endif
       check();
       atomic {
         inserts[v] == NOBODY ->
         if
         :: recorded[v] ->
            assert(lock != me);                   /* a failure that is none */
            goto fenced
         :: else -> inserts[v] = me
         fi
       };
       atomic { /* COMMIT */
         effect[v]++;
         recorded[v] = true;
         assert(ONCE(v));
         assert(lock == me);                      /* nobody records without the lock */
         let_go_of_rows(me)
       };
       v++
    :: v < V && planned[v] && v == ALONE ->
       run_alone();
       check();
       atomic { recorded[v] = true; assert(ONCE(v)); assert(lock == me) };
       v++
    od;
    atomic { all_recorded(done); assert(done || killed[me]) };
    atomic { end_session(me) };
    goto over;
fenced:
    atomic { end_session(me) };
    goto try
  } unless { killed[me] || gone[me] };
  if
  :: killed[me] ->
     /* Its statement is executed to its end, and the lock kept for so long. */
     (at_work_alone != me);
     atomic { end_session(me) }
  :: else ->
     atomic { end_session(me); gone[me] = false };
     goto back
  fi;
over:
  skip
}

#include "others.pml"
