"""The node image: how it is built from package registries alone. Run as `python -m node.build`; needs nothing of `lab`."""
