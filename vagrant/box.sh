#!/bin/bash
# Makes a copy of the node image's root file system boot as a virtual machine; box.py runs it in there (chroot).
# What a container of kind's needs and a machine does not goes; a kernel and Vagrant's user come.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# Only what the machine's disk and network need: QEMU emulating a processor takes its time to unpack more.
mkdir -p /etc/initramfs-tools/conf.d
printf 'MODULES=list\nCOMPRESS=zstd\n' > /etc/initramfs-tools/conf.d/small
printf '%s\n' virtio_pci virtio_blk ext4 crc32c_generic crc32c_intel > /etc/initramfs-tools/modules
rm -f /etc/resolv.conf && cp /run/host/resolv.conf /etc/resolv.conf
apt-get update
# Again: kind's base image lacks units. The resolver comes last, because names cannot be looked up once it is there.
apt-get install --yes --reinstall --no-install-recommends systemd systemd-sysv
apt-get install --yes --no-install-recommends \
  initramfs-tools zstd linux-image-cloud-amd64 udev dbus apparmor rsync socat systemd-resolved
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb

# What makes a container look like a machine.
rm -rf /etc/systemd/system/{undo-mount-hacks,containerd-fuse-overlayfs}.service /etc/systemd/system/*/undo-mount-hacks.service \
  /etc/systemd/system/kubelet.slice /etc/systemd/system/kubelet.service.d/{10-kubeadm,11-kind}.conf \
  /etc/sysctl.d/10-network-*.conf /etc/default/kubelet
systemctl unmask systemd-binfmt.service
sed -i '/^ReadKMsg=no/d' /etc/systemd/journald.conf

echo 'LABEL=root / ext4 defaults,noatime 0 1' > /etc/fstab
printf '[Match]\nName=eth0\n[Network]\nDHCP=yes\n' > /etc/systemd/network/10-eth0.network
systemctl enable systemd-networkd systemd-resolved apparmor serial-getty@ttyS0
systemctl mask systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap \
  fstrim.timer systemd-pstore
ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
# Each machine makes an id of its own when it first boots, but not where D-Bus still knows one: by the same id, machines of one
# box would be one and the same to DHCP, and the second take the address away from the first.
: > /etc/machine-id
ln -sf /etc/machine-id /var/lib/dbus/machine-id

# Vagrant knows a box by this user and its well-known key, which it replaces by one of its own at the first boot.
id vagrant > /dev/null 2>&1 || useradd --create-home --shell /bin/bash vagrant
usermod --password '*' vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/vagrant
chmod 0440 /etc/sudoers.d/vagrant
install --directory --mode 700 --owner vagrant --group vagrant /home/vagrant/.ssh
install --mode 600 --owner vagrant --group vagrant /run/host/vagrant.pub /home/vagrant/.ssh/authorized_keys
