"""Kinds of objects that belong to the whole cluster. A lab remembers which of them it had when it was made."""

from __future__ import annotations

OF_CLUSTER = (
    *("Namespace", "Node", "RuntimeClass", "ClusterRole", "ClusterRoleBinding", "PriorityClass"),
    *("StorageClass", "IngressClass", "CustomResourceDefinition", "CertificateSigningRequest"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
)
"""As a manifest writes them, and as kubectl takes them."""
