"""Imports every module of checks, which enters them."""

from checkers import gatekeeper, pod_security, pods, replica_limits, sandbox, security_context, volumes

__all__ = ["gatekeeper", "pod_security", "pods", "replica_limits", "sandbox", "security_context", "volumes"]
