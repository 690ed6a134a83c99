#!/bin/bash
# The baseline of one machine: `save` keeps it, `restore` goes back to it, `follow` tells it, and the machine, that the
# machine has another address since. baseline.py sends this script to the machine.
#   baseline.sh save|restore|follow control-plane|worker|base PATH...
# PATHs are what the baseline covers: below them, nothing outlives a restore that was not there when it was saved.
set -euo pipefail
export LC_ALL=C  # names are bytes, and sorted as such
verb=$1 role=$2
shift 2

kept=${CKSLAB_BASELINE:-/var/lib/ckslab/baseline}
etcd=/var/lib/etcd
pki=/etc/kubernetes/pki/etcd
apparmor=${CKSLAB_APPARMOR:-/sys/kernel/security/apparmor}
missing=66

# Of the address that the other machines know this one by: it may be another one after a restart.
address() { ip -4 -oneline route get 192.0.2.1 | sed 's/.* src \([^ ]*\).*/\1/'; }

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# A program of etcd's. Where the node has none, etcd's own image has.
program() { type -P "$1" || echo "/proc/$(pgrep --oldest --exact etcd)/root/usr/local/bin/$1"; }

save() {
  rm -rf "$kept" && install --directory --mode 700 "$kept" "$kept/new/files"
  for path; do
    if is_there "$path"; then
      mkdir -p "$kept/new/files$(dirname "$path")"
      cp --archive "$path" "$kept/new/files$path"
    fi
  done
  if [ "$role" != base ]; then
    address > "$kept/new/address"
    crictl pods --quiet | sort > "$kept/new/sandboxes"
    profiles > "$kept/new/profiles"
  fi
  if [ "$role" = control-plane ]; then save_etcd; fi
  mv "$kept/new" "$kept/whole"
}

# Without the leases of leaders: a new leader would have to wait until that of the old one expires. Whoever holds one makes
# it again within two seconds, so it may take more than one try to be faster.
save_etcd() {
  local leases=/registry/leases/kube-system/kube-
  for _ in 1 2 3 4 5; do
    etcdctl del --prefix "$leases" > /dev/null
    etcdctl snapshot save "$kept/new/etcd.db" > /dev/null
    if [ -z "$(etcdctl get --prefix --keys-only "$leases")" ]; then break; fi
  done
  # When etcd is down its image cannot be reached in this way.
  type -P etcdutl > /dev/null || cp "$(program etcdutl)" "$kept/new/etcdutl"
}

etcdctl() {
  "$(program etcdctl)" --endpoints https://127.0.0.1:2379 \
    --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" "$@"
}

restore() {
  kept=$kept/whole
  [ -d "$kept" ] || exit $missing
  if [ "$role" = base ]; then
    restore_files "$@"
    return
  fi
  systemctl stop kubelet || true  # even its unit may be gone
  if has_moved; then follow_address; fi
  restore_files "$@"
  systemctl unmask --runtime --quiet kubelet containerd
  systemctl daemon-reload
  renew containerd /etc/containerd /etc/systemd/system
  renew ssh /etc/ssh
  remove_sandboxes
  unload_profiles
  if [ "$role" = control-plane ]; then restore_etcd; fi
  systemctl start kubelet
}

# What is as it was stays untouched, so that `renew` sees what changed. Both sides are listed as a whole: thousands of
# programs, one for each file, take a minute where a processor is emulated.
restore_files() {
  local lists path
  lists=$(mktemp --directory)
  list "$kept/files" "$@" > "$lists/kept"
  list "" "$@" > "$lists/now"
  comm -z -13 <(names "$lists/kept") <(names "$lists/now") | xargs -0 --no-run-if-empty rm -rf --
  comm -z -23 "$lists/kept" "$lists/now" | names - | while IFS= read -rd '' path; do put_back "$path"; done
  rm -r "$lists"
}

# list ROOT PATH...: all that lies there, below another root, as `name TAB what it is` and, for files, `name TAB hash`.
# What vanishes from a machine meanwhile is not there; what is kept must all be read, or else the rest would be removed.
list() {
  local root=$1 path there=()
  shift
  for path; do
    if is_there "$root$path"; then there+=("$path"); fi
  done
  [ ${#there[@]} -eq 0 ] || {
    find "${there[@]/#/$root}" -printf "%p\t%y %m %U %G %l\0" || [ -z "$root" ]
    find "${there[@]/#/$root}" -type f -print0 | xargs -0 --no-run-if-empty sha256sum --zero |
      sed -z 's/^\(\S*\)  \(.*\)/\2\t\1/' || [ -z "$root" ]
  } | cut -z -c$((${#root} + 1))- | sort -z
}

# The names in such a list, those of directories before what is in them.
names() { cut -z -f1 "$1" | sort -zu; }

put_back() {
  local from=$kept/files$1
  if [ -d "$from" ] && [ -d "$1" ] && ! [ -L "$from" ] && ! [ -L "$1" ]; then
    chown --reference "$from" "$1" && chmod --reference "$from" "$1"
  else
    rm -rf "$1" && mkdir -p "$(dirname "$1")" && cp --archive "$from" "$1"
  fi
}

# A container has another address once it was stopped. Its entrypoint tells all but etcd's certificates, which etcd reads
# again by itself.
follow() {
  kept=$kept/whole
  if [ "$role" = base ] || ! [ -d "$kept" ] || ! has_moved; then return; fi
  follow_address
  if [ "$role" = control-plane ]; then certify /etc/kubernetes/pki etcd-server etcd-peer; fi
}

# The other machines know a virtual machine by an address that stays; the one that it got from its host does not matter.
has_moved() { systemd-detect-virt --quiet --container && [ "$(cat "$kept/address")" != "$(address)" ]; }

# Let what is kept name the new address.
follow_address() {
  local was now
  was=$(cat "$kept/address") now=$(address)
  { grep -rlIF "$was" "$kept/files/etc/kubernetes" "$kept/files/var/lib/kubelet" || true; } |
    xargs --no-run-if-empty sed -i "s/\b${was//./\\.}\b/$now/g"
  if [ "$role" = control-plane ]; then certify "$kept/files/etc/kubernetes/pki" apiserver etcd-server etcd-peer; fi
  echo "$now" > "$kept/address"
}

# certify PKI CERTIFICATE...: make certificates of the control plane anew, as kubeadm calls them, for its address.
certify() {
  local folder=$1 config certificate
  shift
  config=$(mktemp)
  sed "s|^kind: ClusterConfiguration|&\ncertificatesDir: $folder|" /kind/kubeadm.conf > "$config"
  for certificate; do
    rm -f "$folder/${certificate/etcd-/etcd/}".{crt,key}
    kubeadm init phase certs "$certificate" --config "$config" > /dev/null
  done
  rm "$config"
}

# Restart a service that does not run, or of whose files one is younger than it.
renew() {
  local unit=$1 began
  shift
  began=$(systemctl show --property ExecMainStartTimestamp --value --timestamp us "$unit")
  if systemctl is-active --quiet "$unit" && [ -z "$(find "$@" -newerct "$began" -print -quit)" ]; then return; fi
  systemctl reset-failed "$unit" 2> /dev/null || true
  systemctl restart "$unit" || { journalctl --unit "$unit" --lines 5 --output cat >&2 && return 1; }
}

# The system's Pods are made anew: static ones whatever state they are in, the others because whoever watches an API
# server that was away may go by what it last saw for a minute (kube-proxy did, so new Services could not be reached).
# No Pod stays that the baseline does not know. What cannot be removed here, such as a sandbox whose shim does not
# answer, the kubelet removes later.
remove_sandboxes() {
  local system all
  system=$(crictl pods --quiet --namespace kube-system)
  xargs --no-run-if-empty crictl --timeout 30s rmp --force <<< "$system" > /dev/null
  all=$(crictl pods --quiet | sort)
  comm -13 "$kept/sandboxes" - <<< "$all" | xargs --no-run-if-empty crictl --timeout 30s rmp --force > /dev/null || true
}

# The AppArmor profiles that the kernel has loaded, whatever mode they are in.
profiles() { if [ -e "$apparmor/profiles" ]; then sed 's/ ([a-z]*)$//' "$apparmor/profiles" | sort; fi; }

# A container has its host's kernel, whose profiles are none of ours. Of profiles that lie in one another, the outer
# takes the inner away with it.
unload_profiles() {
  if systemd-detect-virt --quiet --container; then return; fi
  profiles | comm -13 "$kept/profiles" - | while IFS= read -r name; do
    printf %s "$name" > "$apparmor/.remove" || [ "${name%//*}" != "$name" ]
  done
}

# Whoever watches the API server must not take the past for the present: no revision is ever used twice, as long as
# less than a thousand objects are written in a second, and none from before can be watched.
restore_etcd() {
  local etcdutl flags seconds
  etcdutl=$(type -P etcdutl || echo "$kept/etcdutl")
  seconds=$(($(date +%s) - $(stat --format %Y "$kept/etcd.db")))
  flags=$(grep -oE -e '--(name|initial-cluster|initial-advertise-peer-urls)=\S+' /etc/kubernetes/manifests/etcd.yaml)
  rm -rf "$etcd/restored" && mkdir -p "$etcd"
  # shellcheck disable=SC2086 # one word a flag
  "$etcdutl" snapshot restore "$kept/etcd.db" --data-dir "$etcd/restored" $flags \
    --bump-revision $((seconds * 1000)) --mark-compacted 2> "$kept/etcdutl.log" || { tail -n 3 "$kept/etcdutl.log" >&2 && return 1; }
  rm -rf "$etcd/member" && mv "$etcd/restored/member" "$etcd/member" && rm -rf "$etcd/restored"
}

"$verb" "$@"
