"""Grading: observe the live cluster, judge each criterion, report."""
