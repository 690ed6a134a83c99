"""Add-ons: software that only some exercises need, built apart from the node image by `python -m addons.build`.

Needs nothing of `lab`. They are not below `node/`, whose files the node image is named after: a new add-on makes no
image and no lab stale.
"""
