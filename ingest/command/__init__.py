"""The `inkledger` command: one thin function per subcommand over the functions of the package."""
