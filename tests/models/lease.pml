/* The lease protocol: servers whose own locks keep nobody out.
 *
 * Two rows: the epoch, and the heartbeat of the holder of that epoch. A heartbeat is fresh until its
 * time is over by the database's clock: at once in this model, at any moment (CUTS), for whatever
 * reason; and sooner or later when the holder is dead. The holder's heart doesn't know that it was
 * late, and beats on.
 */
bool fresh = false;
byte beat_epoch = 0;
byte beats_for = 255;     /* who renews it */
#define IS_LIVE (fresh && beat_epoch == epoch)
#define SOMEBODY_HOLDS IS_LIVE
#define LOSE_THE_LOCK fresh = false
#ifdef TAKEN_WHILE_LIVE
#define ACQUIRE skip
#define MAY_TAKE true
#else
#define ACQUIRE (!IS_LIVE)
#define MAY_TAKE (!IS_LIVE)
#endif
/* Nobody is disturbed whose heart has beaten in time. */
#define ASSERT_TAKE assert(!IS_LIVE)
#define TAKE epoch = mine; beat_epoch = mine; beats_for = me; fresh = true
#define LET_GO \
  atomic { if :: beat_epoch == mine && beats_for == me -> fresh = false; beats_for = NOBODY :: else fi }
#define DIE skip
#define SET_UP run Hearts()
#include "fenced.pml"

/* A second connection of each holder's, and time. */
proctype Hearts() {
end_of_beats:
  do
  :: atomic { fresh && beats_for < N && killed[beats_for] -> fresh = false }
  :: atomic { !fresh && beats_for < N && !killed[beats_for] -> fresh = true }
  od
}
