"""Market data as streams of events: what is read from files, and what is made up from a seed."""
