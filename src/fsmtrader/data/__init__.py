"""Event streams: recorded and generated markets."""
