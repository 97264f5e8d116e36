"""The command line: the only printer. Commands are declared in `cli/table.py`, one file each in `cli/commands`."""
