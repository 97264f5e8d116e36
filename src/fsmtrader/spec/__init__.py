"""Text to document to Spec: what is written, each thing with its place."""
