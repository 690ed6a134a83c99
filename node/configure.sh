#!/bin/bash
# Makes a kind node into a node of the lab: the same steps for an image that was built and one that was pulled.
# The files of rootfs/ are already in place, and so are gVisor's runsc and its shim.
set -euo pipefail

# The learner: an ordinary user who may become root.
id candidate >/dev/null 2>&1 || useradd --create-home --user-group --shell /bin/bash candidate
chmod 0440 /etc/sudoers.d/candidate
# An account without a password is a locked one, and sshd refuses those even with a key.
usermod --password '*' candidate

# Each node makes its own host keys (ssh.service.d/host-keys.conf).
rm -f /etc/ssh/ssh_host_*
systemctl enable ssh.service

# Interactive shells that are no login shells get the same completion and alias.
grep -q ckslab.sh /etc/bash.bashrc || echo '. /etc/profile.d/ckslab.sh' >> /etc/bash.bashrc
mkdir -p /etc/bash_completion.d
kubectl completion bash > /etc/bash_completion.d/kubectl

# gVisor as a handler of containerd, in the words of the configuration version that is there.
config=/etc/containerd/config.toml
case "$(sed -n 's/^version = //p' "$config")" in
  2) plugin=io.containerd.grpc.v1.cri ;;
  3) plugin=io.containerd.cri.v1.runtime ;;
  *) echo "$config: unknown version" >&2; exit 1 ;;
esac
grep -q 'runtimes.runsc\]' "$config" || cat >> "$config" <<TOML

# gVisor: Pods of a RuntimeClass with the handler runsc get a kernel of their own.
[plugins."$plugin".containerd.runtimes.runsc]
  runtime_type = "io.containerd.runsc.v1"
  [plugins."$plugin".containerd.runtimes.runsc.options]
    TypeUrl = "io.containerd.runsc.v1.options"
    ConfigPath = "/etc/containerd/runsc.toml"
TOML
runsc --version >/dev/null
containerd config dump >/dev/null
