/* What the models of the lock protocols share: a server that keeps a history, and what is promised
 * of it.
 *
 * Migration ALONE (if there is one) runs outside a transaction; the others in one with their record.
 */
#ifndef N
#define N 2       /* migrators */
#endif
#ifndef V
#define V 1       /* migrations */
#endif
#ifndef KILLS
#define KILLS 1   /* migrators that die: kill -9 */
#endif
#ifndef CUTS
#define CUTS 1    /* times that a holder loses its lock without knowing: cut off, or frozen */
#endif
#ifndef ALONE
#define ALONE 255
#endif

#define NOBODY 255

bool recorded[V];        /* committed */
byte effect[V];          /* how often a migration's effect was committed */
byte inserts[V];         /* whose record is written and not yet committed */
byte script_lock[V];     /* whose script has locked its tables */
bool journal_started;    /* migration ALONE has begun, says the journal */
byte at_work_alone;      /* whose statement of it the server executes */
bool killed[N];
byte kills_left = KILLS;
byte cuts_left = CUTS;

/* Once, recorded if and only if committed. */
#define ONCE(v) (effect[v] == recorded[v] || (v == ALONE && effect[v] <= 1 && !recorded[v]))

inline all_recorded(answer) {
  answer = true;
  for (r : 0 .. V - 1) { answer = answer && recorded[r] }
  r = 0
}

/* The plan: what isn't recorded at this moment. */
inline look() {
  atomic { for (r : 0 .. V - 1) { planned[r] = !recorded[r] } r = 0 }
}

/* The end of a transaction leaves nothing of its locks. */
inline let_go_of_rows(who) {
  for (r : 0 .. V - 1) {
    if :: inserts[r] == who -> inserts[r] = NOBODY :: else fi;
    if :: script_lock[r] == who -> script_lock[r] = NOBODY :: else fi
  }
  r = 0
}

inline set_up_history() {
  for (i : 0 .. V - 1) { inserts[i] = NOBODY; script_lock[i] = NOBODY }
  at_work_alone = NOBODY
}

/* What the server executes outside a transaction, whether or not anybody is left to hear of it. */
proctype Statement(byte who) {
  atomic {
    if
    :: at_work_alone == who -> effect[ALONE]++; assert(ONCE(ALONE)); at_work_alone = NOBODY
    :: else /* ended with its session */
    fi
  }
}

/* The statement of ALONE, by the holder of the lock `me`; STANDS says at the server whether it still
 * is. First the journal says "started"; whoever comes after somebody who got no further sees to it
 * that nothing of that is still at work, and looks in the catalog what became of it. */
inline run_alone() {
  if
  :: journal_started ->
#ifndef SETTLE_AT_ONCE
     (at_work_alone == NOBODY);
#endif
     took_effect = (effect[ALONE] > 0)
  :: else -> took_effect = false
  fi;
  if
  :: took_effect -> skip
  :: else ->
#ifndef NO_JOURNAL
     atomic { if :: STANDS -> journal_started = true :: else -> goto fenced fi };
#endif
#if defined(SEEN_LATE)
     /* Whoever settles looks for the statement only, and not for the guards before it. */
     if :: STANDS :: else -> goto fenced fi;
     atomic { at_work_alone = me; run Statement(me) };
#elif !defined(ALONE_UNFENCED)
     /* Sent together: the server asks and begins, or skips the statement. Who comes later sees it at
        work from the guards on. */
     atomic { if :: STANDS -> at_work_alone = me; run Statement(me) :: else -> goto fenced fi };
#else
     /* Frozen here, say. */
     atomic { at_work_alone = me; run Statement(me) };
#endif
     (at_work_alone != me)
  fi
}
