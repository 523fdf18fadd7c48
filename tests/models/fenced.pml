/* What the transaction and the lease protocols share: the work is fenced by an epoch, a row that each
 * new holder raises and that each transaction of the run keeps locked while it compares.
 *
 * READ COMMITTED: a statement that waited for a row goes on with that row as it is now, and with all
 * else as it was when the statement began.
 *
 * ANYBODY: nothing is asked of who records, only that it happens once.
 *
 * A protocol defines ACQUIRE (waits until the lock is free, and takes it where it is one), MAY_TAKE
 * and ASSERT_TAKE (with the epoch's row locked), TAKE, LET_GO, DIE, SET_UP and SOMEBODY_HOLDS.
 */
#define A_RUN_BEGAN (epoch > 0)
/* Asked by a statement of its own. */
#define STANDS (epoch == mine && (epoch_row == NOBODY || epoch_row == me))
byte epoch = 0;      /* committed */
byte epoch_row = 255; /* whose transaction has locked the epoch's row; 255: nobody's */
#include "history.pml"

/* Within a transaction of the work's, before the script and before the record. */
#if defined(STALE_CHECK)   /* once, and the epoch is compared beside the locked row */
#define CHECK_EPOCH \
  stands = (epoch == mine); atomic { epoch_row == NOBODY || epoch_row == me -> epoch_row = me }
#elif defined(PLAIN_CHECK) /* without locking the row */
#define CHECK_EPOCH stands = (epoch == mine)
#elif defined(NO_CHECK)
#define CHECK_EPOCH stands = true
#else
#define CHECK_EPOCH \
  atomic { epoch_row == NOBODY || epoch_row == me -> epoch_row = me; stands = (epoch == mine) }
#endif

inline check() {
  CHECK_EPOCH;
  if :: !stands -> goto fenced :: else fi
}

inline roll_back() {
  atomic { let_go_of_rows(me); if :: epoch_row == me -> epoch_row = NOBODY :: else fi }
}

proctype Migrator(byte me) {
  byte seen_epoch = 0;
  byte mine = 0;
  byte v = 0;
  byte r = 0;
  bool done = false;
  bool stands = false;
  bool took_effect = false;
  bool planned[V];
  { skip;
try:
    ACQUIRE;
    seen_epoch = epoch;
#ifdef LOOK_BEFORE_RAISE
    look();
#endif
    /* The epoch is raised in one transaction, which waits for those of the last holder. */
#ifdef RAISE_WITHOUT_LOCK
    atomic {
      if :: epoch == seen_epoch && MAY_TAKE -> ASSERT_TAKE; mine = epoch + 1; TAKE :: else -> goto fenced fi
    };
#else
    atomic {
      epoch_row == NOBODY ->
      if :: epoch == seen_epoch && MAY_TAKE -> ASSERT_TAKE; epoch_row = me :: else -> goto fenced fi
    };
    atomic { mine = epoch + 1; TAKE; epoch_row = NOBODY };
#endif
#ifndef LOOK_BEFORE_RAISE
    look();
#endif
    v = 0;
    do
    :: v == V -> break
    :: v < V && !planned[v] -> v++
    :: v < V && planned[v] && v != ALONE ->
#ifndef STALE_CHECK
       check();
#endif
       if
       :: recorded[v] ->
#ifndef ANYBODY
          assert(epoch != mine);                  /* who holds the epoch has seen all there is */
#endif
          goto fenced
       :: else
       fi;
       atomic { script_lock[v] == NOBODY -> script_lock[v] = me };
       check();
       atomic {
         inserts[v] == NOBODY ->
         if
#ifndef NO_KEY
         :: recorded[v] ->
#ifndef ANYBODY
            assert(epoch != mine);                /* a failure that is none */
#endif
            goto fenced
#endif
         :: else -> inserts[v] = me
         fi
       };
       atomic { /* COMMIT */
         effect[v]++;
         recorded[v] = true;
         assert(ONCE(v));
#ifndef ANYBODY
         assert(epoch == mine);                   /* nobody records without the newest epoch */
#endif
         let_go_of_rows(me);
         if :: epoch_row == me -> epoch_row = NOBODY :: else fi
       };
       v++
    :: v < V && planned[v] && v == ALONE ->
       run_alone();
       check();
       atomic {
         recorded[v] = true;
         assert(ONCE(v));
         assert(epoch == mine);
         if :: epoch_row == me -> epoch_row = NOBODY :: else fi
       };
       v++
    od;
    atomic { all_recorded(done); assert(done || killed[me]) };
    LET_GO;
    goto over;
fenced:
    roll_back();
    LET_GO;
    goto try
  } unless { killed[me] };
  roll_back();
  DIE;
over:
  skip
}

#include "others.pml"
