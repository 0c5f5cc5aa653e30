"""`python -m ingest.command` is `inkledger`."""

from ingest.command.main import main

main()
