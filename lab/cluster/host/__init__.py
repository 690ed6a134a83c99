"""This computer: its programs, containers, packages, and the lock of a lab."""
