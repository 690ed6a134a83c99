"""Imports every module of checks, which enters them."""

from checkers import pods, security_context, volumes

__all__ = ["pods", "security_context", "volumes"]
