"""A Galera cluster of three MariaDB servers on this machine, for tests.

Each node is a `MariaDb` with what clusters need. They suspect one another after four seconds of
silence; the usual five would make tests longer, and with less a busy machine is suspected. With a
`Switch` (network.py) each is a host of its own there, and a node that is cut off hears nothing any
more, as when a cable is drawn; without one all are on loopback, and a node that is cut off closes
its connections itself.
"""

import concurrent.futures
import os
import re
import shutil

import pymysql

from databases import MysqlDatabase
from limits import until
from mariadb import MariaDb
from private_server import free_port

# The keepalives and the installation of a view must fit into what makes a member suspect.
PROVIDER_OPTIONS = {
    "gcache.size": "16M",
    "pc.recovery": "false",
    "evs.suspect_timeout": "PT4S",
    "evs.inactive_timeout": "PT10S",
    "evs.install_timeout": "PT7.5S",
    "evs.keepalive_period": "PT0.5S",
    "evs.inactive_check_period": "PT0.5S",
}

CLUSTER_SETTINGS = {
    "binlog_format": "ROW",
    "innodb_autoinc_lock_mode": "2",
    "innodb_buffer_pool_size": "16M",
    "wsrep_on": "ON",
    "wsrep_provider": "/usr/lib/galera/libgalera_smm.so",
    "wsrep_sst_method": "rsync",
}

# "WSREP has not yet prepared node for application use", and a read that waited in vain for what
# other nodes had committed.
BETWEEN_TWO_VIEWS = (1047, 1205)


def once_ready(ask):
    """What `ask()` returns, asked again as long as the node is between two views of its cluster."""
    def asked():
        try:
            return (ask(),)
        except pymysql.err.OperationalError as error:
            if error.args[0] not in BETWEEN_TWO_VIEWS:
                raise
            return None

    return until(asked, "the node is ready")[0]


class ClusterDatabase(MysqlDatabase):
    """One on a node of a cluster. What a test asks there shows all that was committed on any node
    before: a node that has just heard of a commit may not have applied it yet."""

    def connect(self):
        return self.server.connect(self.name, init_command="SET SESSION wsrep_sync_wait = 1")

    def query(self, sql, parameters=None):
        return once_ready(lambda: super(ClusterDatabase, self).query(sql, parameters))


class Node(MariaDb):
    """One server of a cluster."""

    def __init__(self, number, address, **where):
        super().__init__(**where)
        self.number = number
        self.address = address
        self.port, self.group_port, self.ist_port, self.sst_port = (free_port() for _ in range(4))

    def query(self, sql, database=None):
        return once_ready(lambda: super(Node, self).query(sql, database))

    @property
    def group_address(self):
        return f"{self.address}:{self.group_port}"

    def join(self, others):
        """Writes the settings of a member of a cluster that those nodes are to be in, too."""
        options = {"base_host": self.address, "base_port": self.group_port,
                   "gmcast.listen_addr": f"tcp://{self.group_address}",
                   "ist.recv_addr": f"{self.address}:{self.ist_port}", **PROVIDER_OPTIONS}
        written = ";".join(f"{key}={value}" for key, value in options.items())
        self.settings.update(CLUSTER_SETTINGS)
        self.settings.update({
            "bind_address": self.address,
            "wsrep_cluster_address":
                "gcomm://" + ",".join(node.group_address for node in others),
            "wsrep_node_address": self.group_address,
            "wsrep_node_name": f"node{self.number}",
            "wsrep_sst_receive_address": f"{self.address}:{self.sst_port}",
            "wsrep_provider_options": f'"{written}"'})
        self.write_settings()

    def launch_from(self, position):
        """Starts the process as of a position in the cluster's history; returns it at once."""
        return self.launch(f"--wsrep-start-position={position}")

    def recovered_position(self):
        """Where it stood when it was killed, as its own files say."""
        size = len(self.log())
        self.launch("--wsrep-recover").wait()
        return re.findall(r"Recovered position: *(\S+)", self.log()[size:])[-1]

    def status(self, name):
        """One of the status variables, or None where the server doesn't answer. A node that joins
        a cluster closes its clients' connections on the way."""
        try:
            rows = self.query(f"SHOW STATUS LIKE 'wsrep_{name}'")
        except (OSError, pymysql.err.MySQLError):
            return None
        return rows[0][1] if rows else None

    def synced(self):
        return self.status("local_state_comment") == "Synced" and self.status("ready") == "ON"

    def last_committed(self):
        """How far it has come in the cluster's history."""
        return int(self.status("last_committed") or -1)


class Galera:
    """Three nodes. `start()` them; `destroy()` them at the end."""

    def __init__(self, switch=None):
        self.switch = switch
        hosts = switch.hosts if switch else (None, None, None)
        self.nodes = [Node(number, host.address, command_prefix=host.prefix) if host else
                      Node(number, "127.0.0.1") for number, host in enumerate(hosts, start=1)]
        self.isolated = []

    @property
    def client_prefix(self):
        """What a program is run with that is to reach every node."""
        return self.switch.near.prefix if self.switch else []

    def url(self, database, nodes=None):
        """A URL of several hosts, in the order in which they are to be tried."""
        hosts = ",".join(f"{node.address}:{node.port}" for node in nodes or self.nodes)
        return f"mysql://root@{hosts}/{database}"

    def start(self):
        """Makes one server's data and copies it: a node that begins with the others' state has
        nothing to fetch. Returns itself."""
        first, *others = self.nodes
        first.start()
        if self.switch:
            first.let_everybody_in()
        first.stop("fast")
        first.join([])
        self._ready(first, first.launch())
        first.stop("fast")
        for node in others:
            node.make_directory()
            shutil.copytree(first.data, node.data)
            self._give(node)
        self._ready(first, first.launch())
        for node in self.nodes:
            node.join(self.nodes)
        for node, process in [(node, node.launch()) for node in others]:
            self._ready(node, process)
        self.wait_for_size(3)
        return self

    @staticmethod
    def _give(node):
        if os.geteuid() == 0:
            for folder, _, files in os.walk(node.data):
                for name in [".", *files]:
                    os.chown(os.path.join(folder, name), node.user.pw_uid, node.user.pw_gid)

    @staticmethod
    def _ready(node, process):
        assert node.ready(process), node.log()[-4000:]
        until(node.synced, f"node {node.number} is synced\n{node.log()[-4000:]}")

    def destroy(self):
        with concurrent.futures.ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(Node.destroy, self.nodes))

    def wait_for_size(self, size, nodes=None):
        """Waits until the nodes, or all that run, are together in a part of that size."""
        nodes = [node for node in nodes or self.nodes if node.pid() is not None]
        for node in nodes:
            until(lambda: node.status("cluster_size") == str(size) and node.synced(),
                  f"node {node.number} in a part of {size}")

    # -- what befalls it ----------------------------------------------------------------------

    def rejoin(self, *nodes):
        """Starts nodes that were killed; they get what they missed."""
        for node in nodes:
            node.join(self.nodes)
            self._ready(node, node.launch_from(node.recovered_position()))

    def cut_off(self, node):
        """Splits the cluster: this node on one side, the two others on the other."""
        if self.switch:
            host = self.switch.hosts[node.number - 1]
            self.switch.drop(host, [other for other in self.switch.hosts if other is not host])
        else:
            node.query("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")
            self.isolated.append(node)

    def mend(self):
        """Ends every split; waits until all that run are one cluster again."""
        if self.switch:
            self.switch.mend()
        for node in self.isolated:
            if node.pid() is not None:
                node.query("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'")
        self.isolated.clear()
        self.wait_for_size(sum(node.pid() is not None for node in self.nodes))

    def make_whole(self):
        """Ends whatever befell it: every node runs and has what the others have."""
        for node in self.nodes:
            node.thaw()
        self.mend()
        dead = [node for node in self.nodes if node.pid() is None]
        if dead:
            self.rejoin(*dead)
        self.wait_for_size(len(self.nodes))
        newest = max(node.last_committed() for node in self.nodes)
        for node in self.nodes:
            until(lambda: node.last_committed() >= newest,
                  f"node {node.number} has what the others have")
