/* Who else is there: a gate, and what goes wrong. */

/* Whoever waits looks at the lock first, and at the history then. */
proctype Gate() {
  bool seen[V];
  bool open = false;
  bool somebody = false;
  bool all_there = false;
  byte r = 0;
  do
  :: true ->
#ifdef HISTORY_BEFORE_LOCK
     atomic {
       open = true;
       for (r : 0 .. V - 1) { seen[r] = recorded[r]; open = open && seen[r] }
       r = 0
     };
     atomic { somebody = SOMEBODY_HOLDS; all_recorded(all_there) };
#else
     atomic { somebody = SOMEBODY_HOLDS; all_recorded(all_there) };
     atomic {
       open = true;
       for (r : 0 .. V - 1) { seen[r] = recorded[r]; open = open && seen[r] }
       r = 0
     };
#endif
#ifdef GATE_TRUSTS_THE_LOCK
     open = open || (!somebody && A_RUN_BEGAN);
#endif
     if
     :: open -> break
     :: else ->
        /* What it says now is "missing, and nobody is at it", unless somebody is. */
        assert(somebody || !all_there);
end_asleep:
        (recorded[0] != seen[0] || recorded[V - 1] != seen[V - 1])
     fi
  od;
  /* Open means there. */
  atomic { for (r : 0 .. V - 1) { assert(recorded[r] && effect[r] == 1) } }
}

proctype Faults() {
  byte victim;
  byte r = 0;
  do
  :: kills_left > 0 ->
     atomic { select(victim : 0 .. N - 1); killed[victim] = true; kills_left-- }
  :: atomic { cuts_left > 0 && SOMEBODY_HOLDS -> LOSE_THE_LOCK; cuts_left-- }
  :: break
  od
}

init {
  byte i;
  atomic {
    SET_UP;
    set_up_history();
    for (i : 0 .. N - 1) { run Migrator(i) }
#ifndef NO_GATE
    run Gate();
#endif
    run Faults()
  }
}
