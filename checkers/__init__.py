"""The vocabulary of checks. Knows nothing of `lab`: what it may ask of a cluster is `checkers.api.Observer`."""
