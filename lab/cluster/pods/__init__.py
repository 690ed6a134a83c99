"""Labs as Pods on a Kubernetes cluster: what its scheduler places and its quotas bound."""
