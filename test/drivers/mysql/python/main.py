"""PyMySQL: run with `equal` or `held`."""

import json
import sys
import traceback

from equal import EQUAL
from held import HELD
from shop import connect


def main():
    conn = connect()
    for name, scenario in {"equal": EQUAL, "held": HELD}[sys.argv[1]].items():
        try:
            line = {"scenario": name, "result": scenario(conn)}
        except Exception:
            line = {"scenario": name, "failed": traceback.format_exc()}
        print(json.dumps(line, default=repr), flush=True)
    conn.close()


main()
