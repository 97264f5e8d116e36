"""One file for each command of `fsm`; each holds a click command called `command`."""
