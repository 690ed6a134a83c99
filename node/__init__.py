"""The node image: how it is built from package registries alone, by `python -m node.build`. Needs nothing of `lab`."""
