"""Frozen value types, enums and ports that every floor above shares."""
