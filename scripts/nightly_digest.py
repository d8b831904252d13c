#!/usr/bin/env python3
"""The nightly digest for cron and systemd: `briefing digest run` with the same options.

    python scripts/nightly_digest.py --config /etc/briefing/digest.toml

Logs one JSON object a line to standard error, prints the files that it wrote, and ends with the
exit codes of the command: 0 ok; 1 a source failed, the edition is out; 2 settings; 3 it could not
start, or a letter was not accepted. Run again it goes on, wherever it ended.
"""

import sys

from briefing.cli import main


def nightly(arguments: list[str]) -> None:
    """Run the command; it ends the process."""
    sys.argv = ["briefing", "digest", "run", *arguments]
    main()


if __name__ == "__main__":
    nightly(sys.argv[1:])
