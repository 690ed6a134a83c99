"""Timed mock exams: the draw, the preparation, the sitting as events, its end, the report. Nothing needs a screen."""
