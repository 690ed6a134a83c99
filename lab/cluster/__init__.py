"""Engines: what provides the cluster."""
