/* The transaction protocol: PostgreSQL behind a pooler that hands connections on.
 *
 * The lock is that of a transaction on a guard connection, the work is done on a second one, which
 * may go on for a while when the first is gone.
 */
byte lock = 255;     /* whose guard transaction has the advisory lock; 255: nobody's */
#define SOMEBODY_HOLDS (lock != NOBODY)
#define LOSE_THE_LOCK lock = NOBODY
#define ACQUIRE atomic { lock == NOBODY -> lock = me }
#define MAY_TAKE true
#define ASSERT_TAKE skip
#define TAKE epoch = mine
#define LET_GO atomic { if :: lock == me -> lock = NOBODY :: else fi }
#define DIE LET_GO
#define SET_UP skip
#include "fenced.pml"
