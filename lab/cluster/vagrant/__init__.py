"""The vagrant engine: nodes are virtual machines."""
