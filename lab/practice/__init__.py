"""What a learner does: start an exercise, have it graded, begin again."""
