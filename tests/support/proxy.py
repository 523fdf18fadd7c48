#!/usr/bin/env python3
"""A TCP proxy that makes a network bad on purpose.

It listens on a port of the kernel's choice on 127.0.0.1, forwards to a target, and can delay,
cut, freeze or reset what goes through, and count how often the client had to wait for the server.

As a program (one command a line on standard input, one answer a line on standard output):

    $ proxy.py --target 127.0.0.1:5432 --delay-ms 5 --cut-client-bytes 1000
    listening 41234
    stats                     -> {"connections": 1, "client_bytes": 812, ...}
    freeze | thaw             stop and go on forwarding; connections stay open
    cut                       close every connection in order (FIN), both ways
    reset                     the same with RST
    refuse | accept           close new connections at once, or let them in again
    quit

As a library:

    with Proxy("127.0.0.1", 5432, delay=0.005) as proxy:
        connect_to("127.0.0.1", proxy.port)
        proxy.freeze()
        print(proxy.stats())

Between two messages of the server's protocol a `Trap` does what it is told, once:

    with Proxy("127.0.0.1", 5432, trap=Trap("client", after=12, fault="reset")) as proxy:
        connect_to("127.0.0.1", proxy.port)
        proxy.sprung.wait()
"""

import argparse
import itertools
import json
import select
import socket
import struct
import sys
import threading
import time
from collections import deque

from wire import PROTOCOLS

CHUNK_BYTES = 64 * 1024
# What may wait in one direction before the proxy stops reading, as a real network would.
HELD_LIMIT_BYTES = 4 * 1024 * 1024


class Trap:
    """What happens once that many messages of one side have gone through, on all connections.

    `fault`: `cut` (FIN both ways), `reset` (RST both ways), `freeze` (nothing goes through for
    `freeze_s`, then reset), or a function to call. After the function the connection ends as that
    of a killed client does: what it had sent reaches the server, then FIN. With `go_on` it doesn't
    end. With `then_refuse` nobody gets through afterwards.
    """

    def __init__(self, side, after, fault, freeze_s=0.3, go_on=False, then_refuse=False):
        self.side, self.after, self.fault = side, after, fault
        self.freeze_s, self.go_on, self.then_refuse = freeze_s, go_on, then_refuse


class _Way:
    """One direction of one connection."""

    def __init__(self, source, sink, name, cut_bytes, messages):
        self.source, self.sink, self.name = source, sink, name
        self.messages = messages
        self.cut_bytes = cut_bytes  # None: never
        self.cleared_bytes = 0  # counted as messages, and not yet handed on
        self.forwarded_bytes = 0
        self.held = deque()  # (when it may go on, data)
        self.held_bytes = 0
        self.ended = False  # the source has nothing more
        self.told_end = False


class _Link:
    """A client's connection and ours to the target."""

    def __init__(self, client, server, cut_client_bytes, cut_server_bytes, messages):
        self.sockets = (client, server)
        sent = messages(from_client=True)
        self.up = _Way(client, server, "client", cut_client_bytes, sent)
        self.down = _Way(server, client, "server", cut_server_bytes, messages(False, sent))
        self.last_speaker = None
        self.frozen_until = None


class Proxy:
    """A proxy on its own thread; every method may be called from any thread."""

    def __init__(self, target_host, target_port, delay=0.0, cut_client_bytes=None,
                 cut_server_bytes=None, cut_with_reset=False, trap=None, count_messages=False,
                 protocol="postgres", host=None, others=()):
        self._messages = PROTOCOLS[protocol]
        self._host = host  # of network.py, where it listens and from where it connects
        # New connections go to each in turn, as behind a balancer.
        self._targets = itertools.cycle([(target_host, target_port), *others])
        self._delay = delay  # seconds, each way
        self._cut_client_bytes = cut_client_bytes
        self._cut_server_bytes = cut_server_bytes
        self._cut_with_reset = cut_with_reset
        self._trap = trap
        self._counting = count_messages or trap is not None
        self.sprung = threading.Event()  # the trap's fault has happened
        self.sprung_at = None
        self._message_counts = {"client": 0, "server": 0}
        self._kinds = {"client": [], "server": []}
        self._frozen = False
        self._refusing = False
        self._orders = deque()
        self._stats = {"connections": 0, "cuts": 0, "client_bytes": 0, "server_bytes": 0,
                       "client_flushes": 0, "round_trips": 0}
        self._lock = threading.Lock()
        self._links = []
        self._listening = threading.Event()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._listening.wait(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def freeze(self):
        self._order("freeze")

    def thaw(self):
        self._order("thaw")

    def cut(self):
        self._order("cut")

    def reset(self):
        self._order("reset")

    def refuse(self):
        self._order("refuse")

    def accept(self):
        self._order("accept")

    def lead_to(self, host, port):
        """New connections go there, as behind a balancer that has switched."""
        self._targets = itertools.cycle([(host, port)])

    def close(self):
        """May be called again."""
        if self._thread.is_alive():
            self._order("quit")
            self._thread.join()
            # Not by the thread: it may have read the order before it was woken for it.
            self._wake_in.close()
            self._wake_out.close()

    def stats(self):
        """Counts since the start.

        `round_trips`: how often the client spoke after the server had.
        """
        with self._lock:
            return dict(self._stats)

    def messages(self):
        """How many whole messages went through: {"client": 40, "server": 52}."""
        with self._lock:
            return dict(self._message_counts)

    def kinds(self, side):
        """The messages of one side that went through: see `Messages.kinds`."""
        with self._lock:
            return list(self._kinds[side])

    def _order(self, what):
        """Hands an order to the thread and waits until it is done."""
        done = threading.Event()
        self._orders.append((what, done))
        self._wake_out.send(b"x")
        done.wait(5)

    def _listen(self):
        if self._host:
            self._host.enter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._listening.set()

    def _run(self):
        self._listen()
        going = True
        while going:
            self._wait()
            while self._orders:
                what, done = self._orders.popleft()
                going = self._obey(what) and going
                done.set()
            if self._frozen:
                continue
            for link in list(self._links):
                if link.frozen_until is not None:
                    if time.monotonic() >= link.frozen_until:
                        self._end(link, with_reset=True)
                    continue
                self._read(link, link.up)
                self._read(link, link.down)
                if link in self._links:
                    self._write(link, link.up)
                if link in self._links:
                    self._write(link, link.down)
        for link in list(self._links):
            self._end(link, with_reset=True)
        self._listener.close()

    def _wait(self):
        readers, writers, timeout = [self._wake_in, self._listener], [], None
        now = time.monotonic()
        for link in [] if self._frozen else self._links:
            if link.frozen_until is not None:
                left = link.frozen_until - now
                timeout = left if timeout is None else min(timeout, left)
                continue
            for way in (link.up, link.down):
                if not way.ended and way.held_bytes < HELD_LIMIT_BYTES:
                    readers.append(way.source)
                if way.held and way.held[0][0] <= now:
                    writers.append(way.sink)
                elif way.held:
                    left = way.held[0][0] - now
                    timeout = left if timeout is None else min(timeout, left)
        # poll, since select ends at descriptor 1023 and hundreds of replicas need more.
        wanted = {}
        for reader in readers:
            wanted[reader.fileno()] = wanted.get(reader.fileno(), 0) | select.POLLIN
        for writer in writers:
            wanted[writer.fileno()] = wanted.get(writer.fileno(), 0) | select.POLLOUT
        poller = select.poll()
        for descriptor, events in wanted.items():
            poller.register(descriptor, events)
        ready = {descriptor for descriptor, _ in
                 poller.poll(None if timeout is None else max(0, timeout * 1000))}
        if self._wake_in.fileno() in ready:
            self._wake_in.recv(4096)
        if self._listener.fileno() in ready:
            self._accept()

    def _obey(self, what):
        if what == "freeze":
            self._frozen = True
        elif what == "thaw":
            self._frozen = False
        elif what in ("cut", "reset"):
            for link in list(self._links):
                self._end(link, with_reset=what == "reset")
        elif what == "refuse":
            self._refusing = True
        elif what == "accept":
            self._refusing = False
        return what != "quit"

    def _accept(self):
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        if self._refusing:
            client.close()
            return
        try:
            server = socket.create_connection(next(self._targets), timeout=5)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._links.append(_Link(client, server, self._cut_client_bytes, self._cut_server_bytes,
                                 self._messages))
        with self._lock:
            self._stats["connections"] += 1

    def _read(self, link, way):
        if link not in self._links or way.ended or way.held_bytes >= HELD_LIMIT_BYTES:
            return
        try:
            data = way.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._end(link, with_reset=True)
            return
        if not data:
            way.ended = True
            return
        with self._lock:
            if way is link.up:
                self._stats["client_flushes"] += 1
                if link.last_speaker == "server":
                    self._stats["round_trips"] += 1
        link.last_speaker = way.name
        way.held.append((time.monotonic() + self._delay, data))
        way.held_bytes += len(data)

    def _write(self, link, way):
        now = time.monotonic()
        while way.held and way.held[0][0] <= now:
            when, data = way.held.popleft()
            room = len(data)
            if way.cut_bytes is not None:
                room = min(room, way.cut_bytes - way.forwarded_bytes)
            if self._counting:
                if way.cleared_bytes == 0:
                    way.cleared_bytes = self._clear(way, data)
                if way.cleared_bytes == 0:
                    way.held.appendleft((when, data))
                    if self._spring(link):
                        continue
                    return
                room = min(room, way.cleared_bytes)
            try:
                sent = way.sink.send(data[:room]) if room > 0 else 0
            except BlockingIOError:
                way.held.appendleft((when, data))
                return
            except OSError:
                self._end(link, with_reset=True)
                return
            way.forwarded_bytes += sent
            way.held_bytes -= sent
            way.cleared_bytes = max(0, way.cleared_bytes - sent)
            with self._lock:
                self._stats[way.name + "_bytes"] += sent
            if way.cut_bytes is not None and way.forwarded_bytes >= way.cut_bytes:
                with self._lock:
                    self._stats["cuts"] += 1
                self._end(link, with_reset=self._cut_with_reset)
                return
            if sent < len(data):
                way.held.appendleft((when, data[sent:]))
            if way.cleared_bytes == 0 and self._trap_is_reached(way) and not self._spring(link):
                return
            if sent < room:
                return
        if way.ended and not way.held and not way.told_end:
            way.told_end = True
            try:
                way.sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            if link.up.told_end and link.down.told_end:
                self._end(link, with_reset=False)

    # -- traps --------------------------------------------------------------------------------

    def _clear(self, way, data):
        """Counts messages; returns how many bytes of `data` may go before the trap springs."""
        up_to = None
        if self._trap and self._trap.side == way.name:
            left = self._trap.after - self._message_counts[way.name]
            if left <= 0:
                return 0
            up_to = way.messages.count + left
        before = way.messages.count
        taken = way.messages.feed(data, up_to)
        with self._lock:
            self._message_counts[way.name] += way.messages.count - before
            self._kinds[way.name] += way.messages.kinds[before:]
        return taken

    def _trap_is_reached(self, way):
        return (self._trap and self._trap.side == way.name and
                self._message_counts[way.name] >= self._trap.after)

    def _spring(self, link):
        """Does what the trap is there for. Returns whether the connection goes on."""
        trap, self._trap = self._trap, None
        self._refusing = self._refusing or trap.then_refuse
        going_on = False
        with self._lock:
            self._stats["cuts"] += 1
        if trap.fault in ("cut", "reset"):
            for one in list(self._links):
                self._end(one, with_reset=trap.fault == "reset")
        elif trap.fault == "freeze":
            for one in self._links:
                one.frozen_until = time.monotonic() + trap.freeze_s
        else:
            trap.fault()
            going_on = trap.go_on
            for one in [] if going_on else list(self._links):
                # At a boundary of the client's, what comes after it was never sent.
                self._flush_to_server(one if trap.side == "server" else None)
                self._end(one, with_reset=False)
        self.sprung_at = time.monotonic()
        self.sprung.set()
        return going_on

    def _flush_to_server(self, link):
        """Hands on what a client had sent before its end."""
        while link is not None:
            try:
                data = link.up.source.recv(CHUNK_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            link.up.held.append((0, data))
        try:
            while link is not None and link.up.held:
                link.up.sink.setblocking(True)
                link.up.sink.sendall(link.up.held.popleft()[1])
        except OSError:
            pass

    def _end(self, link, with_reset):
        if link not in self._links:
            return
        self._links.remove(link)
        for end in link.sockets:
            if with_reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()


def main():
    parser = argparse.ArgumentParser(description="a TCP proxy that makes a network bad")
    parser.add_argument("--target", required=True, help="HOST:PORT")
    parser.add_argument("--delay-ms", type=float, default=0, help="each way")
    parser.add_argument("--cut-client-bytes", type=int, help="cut after so many to the target")
    parser.add_argument("--cut-server-bytes", type=int, help="cut after so many to the client")
    parser.add_argument("--cut-with-reset", action="store_true")
    options = parser.parse_args()
    host, port = options.target.rsplit(":", 1)
    with Proxy(host, int(port), options.delay_ms / 1000, options.cut_client_bytes,
               options.cut_server_bytes, options.cut_with_reset) as proxy:
        print("listening", proxy.port, flush=True)
        for line in sys.stdin:
            order = line.strip()
            if order == "quit":
                break
            if order == "stats":
                print(json.dumps(proxy.stats()), flush=True)
            elif order in ("freeze", "thaw", "cut", "reset", "refuse", "accept"):
                getattr(proxy, order)()
                print("done", flush=True)
            else:
                print("unknown order:", order, flush=True)


if __name__ == "__main__":
    main()
