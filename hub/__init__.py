"""The image of a class's hub, for a hub that runs inside a cluster."""
