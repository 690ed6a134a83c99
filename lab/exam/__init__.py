"""Timed mock exams: the draw, the sitting as events, the report. Nothing here needs a cluster or a screen."""
