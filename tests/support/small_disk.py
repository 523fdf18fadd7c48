"""A file system of a few megabytes that can be filled up, made larger, and made read-only."""

import os
import shutil
import subprocess
import tempfile


def may_mount():
    """Whether this user may: root, as in a build; a container's root often may not."""
    return os.geteuid() == 0 and shutil.which("mount") and subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False,
        capture_output=True).returncode == 0


class SmallDisk:
    def __init__(self, size, owner=None):
        self.path = tempfile.mkdtemp(prefix="tidegate-disk-", dir="/tmp")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs",
                        self.path], check=True)
        if owner:
            os.chown(self.path, owner.pw_uid, owner.pw_gid)

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)

    def end(self):
        subprocess.run(["umount", "-l", self.path], check=False)
        os.rmdir(self.path)
