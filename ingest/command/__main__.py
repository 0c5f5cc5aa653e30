"""The `inkledger` command begins here, and `python -m ingest.command`."""

import sys


def run() -> None:
    """Load the command and run it; Ctrl-C while it loads is no traceback either."""
    try:
        from ingest.command.main import main
    except KeyboardInterrupt:
        sys.stderr.write("inkledger: Interrupted before it began; nothing was done.\n")
        sys.exit(130)
    main()


if __name__ == "__main__":
    run()
