"""Tidegate for Python, by ctypes on libtidegate.so.0: one file to copy.

    with Tidegate("postgres://…", "migrations", timeout="2m") as gate:
        gate.migrate()          # or gate.wait(); both raise TidegateError
        gate.check()            # True when the database is as this build needs it
"""

import ctypes
import json
import os

DONE, FAILED, USAGE, PENDING, TIMED_OUT, MIGRATION, UNREACHABLE, BLOCKED, CANCELLED = range(9)

_HEAR = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


def _load():
    library = ctypes.CDLL(os.environ.get("TIDEGATE_LIBRARY", "libtidegate.so.0"))
    gate, text, code = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, parameters in [
            ("version", text, []), ("new", gate, [text, text]), ("free", None, [gate]),
            ("set", code, [gate, text, text]),
            ("listen", None, [gate, _HEAR, ctypes.c_void_p]), ("migrate", code, [gate]),
            ("wait", code, [gate]), ("check", code, [gate]), ("message", text, [gate]),
            ("state", text, [gate]), ("cancel", None, [gate])]:
        function = getattr(library, "tidegate_" + name)
        function.restype = result
        function.argtypes = parameters
    return library


class TidegateError(Exception):
    """`code` is the exit code that the program would end with."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Tidegate:
    """A build and its database. ctypes lets other threads run during a call."""

    def __init__(self, database, folder, listen=None, **settings):
        self._library = _load()
        self._gate = self._library.tidegate_new(database.encode(), os.fsencode(folder))
        for name, value in settings.items():
            name = name.replace("_", "-").encode()
            self._expect(self._library.tidegate_set(self._gate, name, str(value).encode()))
        if listen is not None:
            # Kept, since the library keeps only a pointer to it.
            self._hear = _HEAR(lambda _, line: listen(json.loads(line)))
            self._library.tidegate_listen(self._gate, self._hear, None)

    def migrate(self):
        """Applies what is pending, or waits for the replica that does."""
        self._expect(self._library.tidegate_migrate(self._gate))

    def wait(self):
        """Until the database is as this build needs it. Writes and locks nothing."""
        self._expect(self._library.tidegate_wait(self._gate))

    def check(self):
        """Looks once."""
        code = self._library.tidegate_check(self._gate)
        if code not in (DONE, PENDING):
            self._expect(code)
        return code == DONE

    @property
    def state(self):
        """What the last look saw: verdict, reason, missing, …; None when there was none."""
        text = self._library.tidegate_state(self._gate)
        return json.loads(text) if text else None

    def cancel(self):
        """Ends the call that is under way in another thread."""
        self._library.tidegate_cancel(self._gate)

    def close(self):
        if self._gate is not None:
            self._library.tidegate_free(self._gate)
            self._gate = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _expect(self, code):
        if code != DONE:
            raise TidegateError(code, self._library.tidegate_message(self._gate).decode())
