"""What happens in the background of a test."""

import threading


class Watch:
    """Samples something in the background until it is left."""

    def __init__(self, sample, pause_s=0.1):
        self.sample, self.pause_s = sample, pause_s
        self.seen = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._ends.wait(self.pause_s):
            self.seen.append(self.sample())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
