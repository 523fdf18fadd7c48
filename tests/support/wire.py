"""Where one message of a server's protocol ends and the next begins, in one direction.

https://www.postgresql.org/docs/current/protocol-message-formats.html
https://mariadb.com/kb/en/0-packet/
"""

import socket
import struct

from limits import LIMIT_S

# What a client may ask before it starts up. The server's answer to the first two is one byte.
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104


class Messages:
    """Counts whole messages in a stream that is fed to it piece by piece."""

    def __init__(self):
        self.count = 0
        self.kinds = []  # what each message is, in short
        self._buffer = b""

    def feed(self, data, up_to=None):
        """Takes data, but no further than to the end of message number `up_to`.

        Returns how many bytes of it were taken.
        """
        taken = 0
        before = len(self._buffer)
        buffer = self._buffer + data
        position = 0
        while up_to is None or self.count < up_to:
            size = self._size_of(buffer, position)
            if size is None or position + size > len(buffer):
                taken = len(data)
                break
            self.count += 1
            self._note(buffer[position:position + size])
            position += size
            taken = position - before
        self._buffer = buffer[position:before + taken]
        return taken

    def _size_of(self, buffer, position):
        """The size of the message that begins there, or None while that can't be told."""
        raise NotImplementedError

    def _note(self, message):
        raise NotImplementedError


class PostgresMessages(Messages):
    """One letter for each message, and what was done where it says so: `C COMMIT`. What begins a
    connection has `?`."""

    def __init__(self, from_client, partner=None):
        super().__init__()
        self._from_client = from_client
        self._started = False  # the client has sent its startup message
        self._single_bytes = 0  # answers of one byte that the server owes
        self._partner = partner  # the client's side, for the server's

    def _size_of(self, buffer, position):
        if not self._from_client and self._partner._single_bytes:
            return 1
        if self._from_client and not self._started:
            return _length(buffer, position)
        length = _length(buffer, position + 1)
        return None if length is None else length + 1

    def _note(self, message):
        if not self._from_client and self._partner._single_bytes:
            self._partner._single_bytes -= 1
            self.kinds.append("?")
        elif self._from_client and not self._started:
            code = struct.unpack("!i", message[4:8])[0] if len(message) >= 8 else 0
            if code in (SSL_REQUEST, GSS_REQUEST):
                self._single_bytes += 1
            else:
                self._started = True
            self.kinds.append("?")
        else:
            kind = chr(message[0])
            done = not self._from_client and kind == "C"
            self.kinds.append(f"C {message[5:-1].decode()}" if done else kind)


class MysqlMessages(Messages):
    """The beginning of what a client asks, and whether a COMMIT is in it; nothing of what the
    server says."""

    def __init__(self, from_client, partner=None):
        super().__init__()
        self._from_client = from_client

    def _size_of(self, buffer, position):
        if len(buffer) < position + 4:
            return None
        return 4 + int.from_bytes(buffer[position:position + 3], "little")

    def _note(self, message):
        is_query = self._from_client and message[4:5] == b"\x03"
        asked = message[5:60].decode(errors="replace") + (" COMMIT" * (b"COMMIT" in message))
        self.kinds.append(asked if is_query else "?")


PROTOCOLS = {"postgres": PostgresMessages, "mysql": MysqlMessages}


class HalfSent:
    """A client that was frozen in the middle of a burst: the server has executed what it got, and
    waits for the rest."""

    def __init__(self, database, application_name, *statements):
        self.socket = socket.create_connection(("127.0.0.1", database.server.port), timeout=LIMIT_S)
        settings = {"user": database.user, "database": database.name,
                    "application_name": application_name}
        startup = "".join(f"{name}\0{value}\0" for name, value in settings.items()).encode()
        self.socket.sendall(_message(b"", struct.pack("!i", 196608) + startup + b"\0"))
        self._read_until(lambda said: said.endswith(b"Z\0\0\0\5I"))
        for statement in statements:
            parse = _message(b"P", b"\0" + statement.encode() + b"\0\0\0")
            execute = _message(b"B", b"\0" * 8) + _message(b"E", b"\0" * 5)
            self.socket.sendall(parse + execute + _message(b"H", b""))
            self._read_until(lambda said: b"C\0\0\0" in said)

    def wait_until_ended(self):
        """By the server."""
        self._read_until(lambda said: b"SFATAL\0" in said)

    def _read_until(self, is_enough):
        said = b""
        while not is_enough(said):
            more = self.socket.recv(65536)
            assert more, f"the server closed the connection after {said}"
            said += more

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def _message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def _length(buffer, position):
    if len(buffer) < position + 4:
        return None
    return struct.unpack("!i", buffer[position:position + 4])[0]
