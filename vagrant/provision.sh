#!/bin/bash
# Furnishes a machine as a node of the lab that belongs to no cluster yet: programs, containerd with gVisor, the learner.
# Vagrant runs it as root; what it needs lies in /tmp/ckslab. The versions come in variables, from node/versions.yaml.
# It may be run again. On a prebaked box all is in place, and it takes seconds.
set -euo pipefail
here=${CKSLAB_HERE:-/tmp/ckslab}

main() {
  say "system"
  hostname --fqdn > /dev/null || echo "127.0.1.1 $(hostname)" >> /etc/hosts
  install_packages
  put "$here/node/rootfs"
  put "$here/vagrant/rootfs"
  sed -i "s/@PAUSE@/${PAUSE:?}/" /etc/containerd/config.toml
  say "programs"
  has_programs || bash "$here/vagrant/download.sh"
  # kind's base image has it.
  [ -e /etc/crictl.yaml ] || echo 'runtime-endpoint: unix:///run/containerd/containerd.sock' > /etc/crictl.yaml
  say "configuration"
  bash "$here/node/configure.sh"
  swapoff --all && sed -i '/\sswap\s/d' /etc/fstab
  systemctl daemon-reload
  systemctl restart systemd-modules-load systemd-sysctl
  systemctl enable --quiet containerd kubelet
  systemctl restart containerd ssh
  say "gvisor"
  check_gvisor
  rm -rf "$here"
}

say() { echo "ckslab: $1"; }  # the engine shows it

install_packages() {
  # shellcheck disable=SC2086 # a list
  dpkg --status ${PACKAGES:?} apparmor socat > /dev/null 2>&1 && return
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet
  # shellcheck disable=SC2086
  apt-get install --yes --quiet --no-install-recommends $PACKAGES apparmor socat
}

# The files below a folder, at the same places of the machine.
put() {
  local file mode
  (cd "$1" && find . -type f -print0) | while IFS= read -rd '' file; do
    mode=644
    if head -n 1 "$1/$file" | grep -q '^#!'; then mode=755; fi
    install -D --mode "$mode" "$1/$file" "/$file"
  done
}

has_programs() {
  [ "$(kubeadm version --output short 2> /dev/null)" = "${KUBERNETES:?}" ] &&
    type -P kubelet kubectl containerd runsc containerd-shim-runsc-v1 crictl etcdctl etcdutl > /dev/null &&
    [ -x /opt/cni/bin/bridge ]
}

# By starting one: a configuration that containerd passes over in silence would be found by the first learner. There is no
# cluster and no Pod network yet, so it gets a network of its own.
check_gvisor() {
  local image=docker.io/library/busybox:1.28 check=$here/gvisor-check
  local network=${CKSLAB_NETWORKS:-/etc/cni/net.d}/00-gvisor-check.conflist
  mkdir -p "$check" "${network%/*}"
  cat > "$network" << NETWORK
{"cniVersion": "1.0.0", "name": "gvisor-check",
 "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.255.0/29"}]]}}]}
NETWORK
  cat > "$check/pod.json" << POD
{"metadata": {"name": "gvisor-check", "namespace": "default", "uid": "gvisor-check"}, "log_directory": "$check",
 "linux": {"cgroup_parent": "system.slice"}}
POD
  cat > "$check/container.json" << CONTAINER
{"metadata": {"name": "check"}, "image": {"image": "$image"}, "command": ["dmesg"], "log_path": "log", "linux": {}}
CONTAINER
  crictl inspecti "$image" > /dev/null 2>&1 || crictl pull "$image" || give_up \
    "$image could not be pulled. Without a container registry, a box with all images helps (libvirt only):" \
    "\`ckslab up --engine vagrant --image build\`."
  for _ in $(seq 60); do
    if crictl info --output go-template --template '{{.status.conditions}}' 2> /dev/null |
      grep 'status:true type:NetworkReady' > /dev/null; then break; fi
    sleep 1
  done
  remove_check
  crictl --timeout 300s run --no-pull --runtime runsc "$check/container.json" "$check/pod.json" > /dev/null || no_gvisor
  for _ in $(seq 60); do
    if grep --only-matching 'Starting gVisor' "$check/log" 2> /dev/null; then break; fi
    sleep 1
  done
  remove_check
  rm "$network"
  grep -q 'Starting gVisor' "$check/log" || no_gvisor
}

no_gvisor() {
  journalctl --unit containerd --lines 5 --output cat >&2 || true
  give_up "no container started in gVisor; above is what containerd said last. Run \`ckslab up\` again, after" \
    "\`ckslab down\` if that does not help."
}

give_up() { echo "ckslab: $*" >&2; exit 1; }

remove_check() { crictl pods --quiet --name gvisor-check | xargs --no-run-if-empty crictl --timeout 60s rmp --force > /dev/null; }

"${@:-main}"  # a test asks for one of them
