# The first process of a Pod that is a node of a lab; `unshare --cgroup` has just given it a cgroup namespace, which
# containerd does not make for a privileged container. Without one, the kubelet in here would find the groups of the
# host's kubelet, take them for its own that are left over, and clean them away: its own Pod among them.
set -euo pipefail

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  # Each hierarchy that this process is in, mounted again: what it shows begins at the namespace now.
  hierarchies=$(cut -d: -f2 /proc/self/cgroup)
  umount -R /sys/fs/cgroup
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  for hierarchy in $hierarchies; do
    mkdir "/sys/fs/cgroup/${hierarchy#name=}"
    mount -t cgroup -o "$hierarchy" cgroup "/sys/fs/cgroup/${hierarchy#name=}"
  done
  # Neither Kubernetes nor gVisor asks systemd for groups of the old kind.
  sed -i -e 's/SystemdCgroup = true/SystemdCgroup = false/' -e 's|/etc/containerd/runsc\.toml|/etc/containerd/runsc-cgroupfs.toml|' \
    /etc/containerd/config.toml
fi

# Without CAP_SYS_RESOURCE, OOM scores cannot be lowered.
capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
if (((0x$capabilities >> 24 & 1) == 0)); then
  sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml
fi

# The Pod's network outlives its container. By rules that are there, the entrypoint decides which iptables is used: those
# that an earlier container left would have it choose another than the cluster was made with.
for program in iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft; do
  for table in filter nat mangle raw; do
    "$program" --table $table --flush 2> /dev/null && "$program" --table $table --delete-chain || true
  done
done

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /tmp
exec /usr/local/bin/entrypoint /sbin/init
