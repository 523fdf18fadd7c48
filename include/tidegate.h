/* Tidegate for other languages: a C interface that stays the same within one major version, in the
 * shared library libtidegate.so.0. See docs/embedding.md.
 *
 * A `tidegate_gate` is one build and one database. Texts are UTF-8. A text that is returned lives
 * until the next call with the same object. No function throws or ends the process.
 *
 * Threads: one at a time for one object, but for tidegate_cancel; several objects at once are fine.
 */
#ifndef TIDEGATE_H
#define TIDEGATE_H

#if defined(__GNUC__)
#define TIDEGATE_API __attribute__((visibility("default")))
#else
#define TIDEGATE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tidegate_gate tidegate_gate;

/* What a call came to: the program's exit codes. */
enum {
  TIDEGATE_DONE = 0,        /* done, or open */
  TIDEGATE_FAILED = 1,      /* in a way not below */
  TIDEGATE_USAGE = 2,       /* a setting, the URL or a file is wrong; nothing was sent */
  TIDEGATE_PENDING = 3,     /* tidegate_check: something needed isn't there */
  TIDEGATE_TIMED_OUT = 4,   /* the last state is in the message */
  TIDEGATE_MIGRATION = 5,   /* a migration failed */
  TIDEGATE_UNREACHABLE = 6, /* the server or the database can't be reached */
  TIDEGATE_BLOCKED = 7,     /* needs a person's decision */
  TIDEGATE_CANCELLED = 8    /* by tidegate_cancel */
};

/* The library's version, such as "0.1.0". */
TIDEGATE_API const char *tidegate_version(void);

/* A build and its database. Reads and sends nothing yet. Null only when there is no memory.
 * `database` is a URL, `folder` where the migrations are. */
TIDEGATE_API tidegate_gate *tidegate_new(const char *database, const char *folder);
TIDEGATE_API void tidegate_free(tidegate_gate *gate);

/* Sets one of: folder (one more), format, schema, history-schema, history-table, lock, holder,
 * timeout (such as 30s or 5m: how long to wait for another replica, or at the gate; 5m if it isn't
 * set). Returns TIDEGATE_DONE or TIDEGATE_USAGE. */
TIDEGATE_API int tidegate_set(tidegate_gate *gate, const char *name, const char *value);

/* Calls `hear` with each event, a line of JSON as `tidegate --log-format json` prints it. It may be
 * called from another thread than the caller's, never twice at a time. */
TIDEGATE_API void tidegate_listen(tidegate_gate *gate,
                                  void (*hear)(void *context, const char *line),
                                  void *context);

/* Applies what is pending. All replicas may call it at once: one applies, the others wait. */
TIDEGATE_API int tidegate_migrate(tidegate_gate *gate);

/* Waits until all that this build needs is there. Writes and locks nothing. */
TIDEGATE_API int tidegate_wait(tidegate_gate *gate);

/* Looks once: TIDEGATE_DONE when the database is as this build needs it, TIDEGATE_PENDING when it
 * isn't yet. Writes and locks nothing. */
TIDEGATE_API int tidegate_check(tidegate_gate *gate);

/* What the last call came to, for a person: one sentence, and what to do next. Empty after
 * TIDEGATE_DONE. */
TIDEGATE_API const char *tidegate_message(const tidegate_gate *gate);

/* The last state that was seen of the database, as JSON: verdict, reason, missing, … Empty when
 * none was. */
TIDEGATE_API const char *tidegate_state(const tidegate_gate *gate);

/* Ends the call that is under way in another thread, and each one to come. */
TIDEGATE_API void tidegate_cancel(tidegate_gate *gate);

#ifdef __cplusplus
}
#endif

#endif
