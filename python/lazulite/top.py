"""What the machine does, in a terminal: `python -m lazulite.top [--interval SECONDS] [--once]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time

from lazulite.debug import monitor


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lazulite.top", description=__doc__)
    parser.add_argument(
        "--interval", type=float, default=1.0, help="seconds between samples, at most 1e9"
    )
    parser.add_argument("--once", action="store_true", help="one sample, without clearing the screen")
    options = parser.parse_args()
    try:
        watched = monitor(options.interval)
    except ValueError as error:
        parser.error(f"argument --interval: {error}")
    with watched:
        try:
            while True:
                time.sleep(options.interval)
                if not watched.history:
                    continue
                view = watched.view(shutil.get_terminal_size().columns)
                if options.once:
                    sys.stdout.write(view)
                    sys.stdout.flush()
                    return
                # From the upper left corner, over what stands there.
                sys.stdout.write("\x1b[H\x1b[J" + view)
                sys.stdout.flush()
        except KeyboardInterrupt:
            return
        except BrokenPipeError:
            # Nobody looks any more, and nothing is to be written at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
