"""What a program looks like: diagram, table, reference pages."""
