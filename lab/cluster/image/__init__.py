"""What machines are made from: the node image."""
