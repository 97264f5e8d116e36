"""The sans-IO core that steps a program, and the drivers around it."""
