"""Prints the compile seconds per folder of one build, from Ninja's log."""

import argparse
import collections
import re
from pathlib import Path

OBJECT = re.compile(r"^(?P<folder>.+?)/CMakeFiles/")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path, help="the file .ninja_log of a build folder")
    parser.add_argument("--after", type=int, default=0, help="size of the log before this build, in bytes (default: %(default)s)")
    arguments = parser.parse_args()
    text = arguments.log.read_text()
    # Ninja rewrites its log now and then; it is shorter afterwards and holds no telling of old from new.
    fresh = text[arguments.after :] if len(text) >= arguments.after else ""
    seconds = collections.Counter()
    for line in fresh.splitlines():
        fields = line.split("\t")
        if len(fields) != 5 or not fields[3].endswith((".o", ".pch")):
            continue
        match = OBJECT.match(fields[3])
        seconds[match["folder"] if match else "."] += (int(fields[1]) - int(fields[0])) / 1000
    if not seconds:
        print("build: nothing was compiled")
        return
    print("build: compile seconds per folder (several at a time)")
    for folder, spent in seconds.most_common():
        print(f"  {spent:7.1f}  {folder}")
    print(f"  {sum(seconds.values()):7.1f}  together")


if __name__ == "__main__":
    main()
