"""Migrates, or waits, before a service would start: example.py migrate|wait URL FOLDER"""

import sys

from tidegate import Tidegate, TidegateError


def main():
    verb, database, folder = sys.argv[1:]
    with Tidegate(database, folder, timeout="30s",
                  listen=lambda event: print(event["event"], file=sys.stderr)) as gate:
        try:
            getattr(gate, verb)()
        except TidegateError as error:
            print(error, file=sys.stderr)
            return error.code
        print("ready" if gate.check() else "not ready", gate.state["verdict"])
    return 0


sys.exit(main())
