/* The transaction protocol: the lock is that of a transaction on a guard connection, the work is
 * done on a second one, which may go on for a while when the first is gone.
 *
 * Server: READ COMMITTED, rows locked by whoever writes or asks to, one row for one key.
 * A run's row is its epoch: a new holder inserts the next one and ends the one before, together.
 *
 * Macros: N migrators, V migrations, DEATHS processes that may be killed, CUTS guard connections
 * that may be lost unnoticed; and the mutants, each of which leaves something out (see models.txt).
 */
#ifndef N
#define N 2
#endif
#ifndef V
#define V 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef CUTS
#define CUTS 1
#endif
#define MAX_EPOCH (N + CUTS + 1)
#define NOBODY 255

byte lock_owner = NOBODY;     /* who holds the advisory lock of the guard transaction */
byte last_epoch = 0;          /* the newest committed run */
bool ended[MAX_EPOCH + 2];    /* that run's row says that it is over */
byte row_share[MAX_EPOCH + 2] = NOBODY;   /* a run's row locked against a successor */
byte row_write[MAX_EPOCH + 2] = NOBODY;   /* a run's row written, not yet committed */
byte run_insert[MAX_EPOCH + 2] = NOBODY;  /* a run inserted, not yet committed */
bool recorded[V];
byte record_insert[V] = NOBODY;
byte effect[V];               /* how often a migration's effect was committed */
byte table_lock[V] = NOBODY;  /* what its script locks until its transaction ends */
bool killed[N];
byte deaths_left = DEATHS;
byte cuts_left = CUTS;

/* What a transaction's end leaves of its locks: nothing. */
inline release(who) {
  for (r : 1 .. MAX_EPOCH) {
    if :: row_share[r] == who -> row_share[r] = NOBODY :: else fi;
    if :: row_write[r] == who -> row_write[r] = NOBODY :: else fi;
    if :: run_insert[r] == who -> run_insert[r] = NOBODY :: else fi
  }
  for (r : 0 .. V - 1) {
    if :: record_insert[r] == who -> record_insert[r] = NOBODY :: else fi;
    if :: table_lock[r] == who -> table_lock[r] = NOBODY :: else fi
  }
  r = 0
}

inline let_go() {
  if :: lock_owner == me -> lock_owner = NOBODY :: else fi
}

inline all_recorded(answer) {
  answer = true;
  for (r : 0 .. V - 1) { answer = answer && recorded[r] }
  r = 0
}

proctype Migrator(byte me) {
  byte mine = 0;  /* my epoch */
  byte v = 0;
  byte r = 0;
  bool done = false;
  bool fresh = false;
  bool planned[V];
  { skip;
try:
    /* Guard connection: BEGIN, pg_try_advisory_xact_lock. Who doesn't get it looks and waits. */
    atomic { lock_owner == NOBODY -> lock_owner = me };
#ifdef LOOK_BEFORE_RAISE
    atomic { for (r : 0 .. V - 1) { planned[r] = !recorded[r] } r = 0 }
#endif
    /* Work connection: raise the epoch. The look that found the last run is older than this. */
    atomic { all_recorded(done); mine = last_epoch + 1 };
    if :: done -> goto finish :: else fi;
#ifndef NO_ROW_WRITE
    if
    :: mine > 1 ->
       /* UPDATE the predecessor's row: waits for its holder's transaction in flight. */
       atomic {
         row_share[mine - 1] == NOBODY && row_write[mine - 1] == NOBODY ->
         row_write[mine - 1] = me
       }
    :: else
    fi;
#endif
    atomic {
      run_insert[mine] == NOBODY ->
      if
      :: last_epoch >= mine -> /* the key is taken: somebody was faster */
         release(me); let_go(); goto try
      :: else -> run_insert[mine] = me
      fi
    }
    atomic { /* COMMIT */
      last_epoch = mine;
      if :: mine > 1 -> ended[mine - 1] = true :: else fi;
      release(me)
    };
#ifndef LOOK_BEFORE_RAISE
    atomic { for (r : 0 .. V - 1) { planned[r] = !recorded[r] } r = 0 };
#endif
    v = 0;
    do
    :: v == V -> break
    :: v < V && !planned[v] -> v++
    :: v < V && planned[v] ->
#ifdef LOCK_EARLY
       atomic {
         row_write[mine] == NOBODY ->
         if :: ended[mine] -> goto fenced :: else -> row_share[mine] = me fi
       };
#else
       if :: last_epoch != mine -> goto fenced :: else fi;
#endif
#ifndef NO_SECOND_LOOK
       if
       :: recorded[v] ->
#ifdef LOOK_BEFORE_RAISE
          /* Ours by right, and yet the run ends as if it had been taken away. */
          assert(last_epoch != mine);
#endif
          goto fenced
       :: else
       fi;
#endif
       atomic { table_lock[v] == NOBODY -> table_lock[v] = me }; /* the script */
       /* Before the record: does the epoch stand, and will it stand until the commit? */
#ifdef NO_FENCE
       skip;
#elif defined(PLAIN_CHECK)
       if :: last_epoch != mine -> goto fenced :: else fi;
#elif defined(STALE_CHECK)
       /* One statement that locks the row and asks for max(id): that answer is of the moment when
        * the statement began, not when it got the lock. */
       fresh = (last_epoch == mine);
       atomic { row_write[mine] == NOBODY -> row_share[mine] = me };
       if :: !fresh -> goto fenced :: else fi;
#else
       /* FOR SHARE of the own row: waits for a successor, and reads the row as it then is. */
       atomic {
         row_write[mine] == NOBODY ->
         if :: ended[mine] -> goto fenced :: else -> row_share[mine] = me fi
       };
#endif
       atomic {
         record_insert[v] == NOBODY ->
#ifndef NO_KEY
         if
         :: recorded[v] -> /* duplicate key: my own migration "failed", by somebody else's fault */
            assert(last_epoch != mine);
            goto fenced
         :: else -> record_insert[v] = me
         fi
#else
         record_insert[v] = me
#endif
       };
       atomic { /* COMMIT */
         effect[v]++;
         assert(effect[v] == 1);       /* once */
         assert(last_epoch == mine);   /* and only who holds the newest epoch records */
         recorded[v] = true;
         release(me)
       };
       v++
    od;
finish:
    atomic { all_recorded(done); assert(done || killed[me]) };
    atomic { let_go() };
    goto over;
fenced:
    atomic { release(me); let_go() };
    goto try
  } unless { killed[me] };
  atomic { release(me); let_go() };
over:
  skip
}

/* Whoever waits: open means there. */
proctype Gate() {
  bool seen[V];
  bool open = false;
  byte r = 0;
#ifdef GATE_TRUSTS_THE_END
end_idle:
  (last_epoch > 0 && lock_owner == NOBODY);
#else
  do
  :: atomic { /* one look, one snapshot */
       open = true;
       for (r : 0 .. V - 1) { seen[r] = recorded[r]; open = open && seen[r] }
       r = 0
     };
     if
     :: open -> break
     :: else ->
end_idle:
        (recorded[0] != seen[0] || recorded[V - 1] != seen[V - 1])
     fi
  od;
#endif
  atomic { for (r : 0 .. V - 1) { assert(recorded[r] && effect[r] == 1) } }
}

proctype Faults() {
  byte victim;
  do
  :: deaths_left > 0 ->
     atomic { select(victim : 0 .. N - 1); killed[victim] = true; deaths_left-- }
  :: atomic { cuts_left > 0 && lock_owner != NOBODY -> lock_owner = NOBODY; cuts_left-- }
  :: break
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. MAX_EPOCH + 1) {
      row_share[i] = NOBODY; row_write[i] = NOBODY; run_insert[i] = NOBODY
    }
    for (i : 0 .. N - 1) { run Migrator(i) }
    run Gate();
    run Faults()
  }
}
