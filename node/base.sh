#!/bin/bash
# Makes a Debian root file system into what kind's own base image is, where that image cannot be pulled (`build`).
# kind's files (entrypoint, units, containerd configuration) are already in place.
set -euo pipefail

# systemd in a container: no devices, no mounts, no logins of its own; only what is enabled below.
find /lib/systemd/system/sysinit.target.wants -name systemd-tmpfiles-setup.service -delete
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/basic.target.wants/* \
  /lib/systemd/system/sockets.target.wants/{*udev*,*initctl*}
echo "ReadKMsg=no" >> /etc/systemd/journald.conf
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
# It would register interpreters with the host's kernel.
systemctl mask systemd-binfmt.service

mkdir -p /etc/kubernetes/manifests /lib/modules

# The runtime specification that kind's containerd configuration names. Its hook makes the nodes differ in product
# id, and without limits of its own a container keeps the node's.
ctr oci spec | jq '
  .hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)
' > /etc/containerd/cri-base.json

# The pause image that this Kubernetes asks for, in place of the one of kind's release.
sed -i "s|sandbox_image = .*|sandbox_image = \"registry.k8s.io/pause:${PAUSE:?}\"|" /etc/containerd/config.toml
