"""Grading: look at the live cluster, decide each criterion, report."""
