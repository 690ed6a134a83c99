"""The external engine: nodes are the user's."""
