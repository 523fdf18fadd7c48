"""Network namespaces with wires between them, in which packets can be lost on purpose."""

import ctypes
import os
import shutil
import subprocess

from limits import until

CLONE_NEWNET = 0x40000000  # of sched.h

# For the ends of the wire; nothing outside of the namespaces knows them.
NEAR, FAR = "10.200.0.1", "10.200.0.2"


def may_make_networks():
    """Whether this user may: root, as in a build; a container's root often may not."""
    return bool(os.geteuid() == 0 and shutil.which("iptables") and shutil.which("ip") and
                subprocess.run(["unshare", "--net", "iptables", "-w", "-L"], check=False,
                               capture_output=True).returncode == 0)


class Host:
    """A network namespace; `prefix` is what a command is run with to be in it."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "100000"])
        self.prefix = ["nsenter", "-t", str(self.process.pid), "-n"]
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, "the namespace")
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command):
        done = subprocess.run([*self.prefix, *command], check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def enter(self):
        """Puts the calling thread there, for good."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.process.pid}/ns/net", encoding="ascii") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def end(self):
        self.process.kill()
        self.process.wait()


class Wire:
    """Two hosts that reach each other: replicas are on `near`, the server is on `far`."""

    def __init__(self):
        self.near, self.far = Host(), Host()
        self.near.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns",
                      str(self.far.process.pid))
        for host, name, address in ((self.near, "near", NEAR), (self.far, "far", FAR)):
            host.run("ip", "address", "add", f"{address}/24", "dev", name)
            host.run("ip", "link", "set", name, "up")

    def drop(self, from_port=None, direction="both"):
        """Loses every packet from now on: those of one connection (by its port on the near side),
        or of all; those to the server (`out`), from it (`in`), or both."""
        for chain, where, port in (("OUTPUT", "out", "--sport"), ("INPUT", "in", "--dport")):
            if direction not in ("both", where):
                continue
            which = ["-p", "tcp", port, str(from_port)] if from_port else []
            interface = ["-o", "near"] if where == "out" else ["-i", "near"]
            self.near.run("iptables", "-w", "-A", chain, *interface, *which, "-j", "DROP")

    def reset(self, from_port):
        """Answers each further packet of that connection with RST, to both ends."""
        self.near.run("iptables", "-w", "-A", "OUTPUT", "-o", "near", "-p", "tcp", "--sport",
                      str(from_port), "-j", "REJECT", "--reject-with", "tcp-reset")
        self.far.run("iptables", "-w", "-A", "OUTPUT", "-o", "far", "-p", "tcp", "--dport",
                     str(from_port), "-j", "REJECT", "--reject-with", "tcp-reset")

    def mend(self):
        for host in (self.near, self.far):
            host.run("iptables", "-w", "-F")

    def end(self):
        self.near.end()
        self.far.end()


class Switch:
    """Three hosts that reach one another, and `near`, where the replicas are, which reaches all."""

    def __init__(self, count=3):
        self.near = Host()
        self.near.address = "10.201.0.100"
        self.near.run("ip", "link", "add", "switch", "type", "bridge")
        self.near.run("ip", "address", "add", f"{self.near.address}/24", "dev", "switch")
        self.near.run("ip", "link", "set", "switch", "up")
        self.hosts = [self._plug_in(number) for number in range(1, count + 1)]

    def _plug_in(self, number):
        host = Host()
        host.address = f"10.201.0.{number}"
        self.near.run("ip", "link", "add", f"port{number}", "type", "veth", "peer", "name", "near",
                      "netns", str(host.process.pid))
        self.near.run("ip", "link", "set", f"port{number}", "master", "switch", "up")
        host.run("ip", "address", "add", f"{host.address}/24", "dev", "near")
        host.run("ip", "link", "set", "near", "up")
        return host

    @staticmethod
    def drop(host, others):
        """Loses every packet between that host and the others, which notice nothing but silence."""
        for other in others:
            host.run("iptables", "-w", "-A", "INPUT", "-s", other.address, "-j", "DROP")
            host.run("iptables", "-w", "-A", "OUTPUT", "-d", other.address, "-j", "DROP")

    def mend(self):
        for host in self.hosts:
            host.run("iptables", "-w", "-F")

    def end(self):
        for host in (*self.hosts, self.near):
            host.end()
