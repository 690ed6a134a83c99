"""Imports every module of checks, which enters them."""

from checkers import pod_security, pods, sandbox, security_context, volumes

__all__ = ["pod_security", "pods", "sandbox", "security_context", "volumes"]
