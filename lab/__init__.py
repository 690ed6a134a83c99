"""CKS Lab: exercises for the Certified Kubernetes Security Specialist exam, graded on a live cluster."""

__version__ = "0.1.0"
