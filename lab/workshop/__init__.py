"""A class: its list, its seats, the hub that lets learners in, and the board. Needs no screen."""
