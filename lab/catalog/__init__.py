"""Exercises as data: what they are (`model`), how they are read from files (`load`)."""
