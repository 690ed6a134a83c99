"""The kind engine: nodes are containers."""
