"""Imports every module of checks, which enters them."""

from checkers import (
    apparmor,
    encryption,
    etcd,
    gatekeeper,
    kept,
    pod_security,
    pods,
    replica_limits,
    sandbox,
    secrets,
    security_context,
    volumes,
)

__all__ = [
    "apparmor",
    "encryption",
    "etcd",
    "gatekeeper",
    "kept",
    "pod_security",
    "pods",
    "replica_limits",
    "sandbox",
    "secrets",
    "security_context",
    "volumes",
]
