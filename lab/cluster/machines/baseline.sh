#!/bin/bash
# The baseline of one machine: `save` keeps it, `restore` goes back to it, `follow` tells it, and the machine, that
# machines have other addresses since, and `renew` has the quick way back lead to these; `compare` prints what is not as
# it was. baseline.py sends this script to the machine, behind its other parts: baseline_files.sh and baseline_network.sh.
#   baseline.sh save|restore|renew|follow|compare|unchanged control-plane|worker|base NAME ADDRESSES PATH...
# ADDRESSES are lines of `address name`, of all machines; empty where addresses stay.
# PATHs are what the baseline covers: below them, nothing outlives a restore that was not there when it was saved.
#
# `restore` may be cut off at any moment and repeated. It ends with 66 where there is no baseline, with 65 where it is
# of an earlier program, and with 67 where something stands in the way: lines of `what TAB details` say what. `compare`
# ends with 68 where something is not as it was, and so does `unchanged`, which looks at everything but what etcd holds.
set -euo pipefail
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR  # where a program that fails says nothing itself
export LC_ALL=C  # names are bytes, and sorted as such
verb=$1 role=$2 name=$3 addresses=$4
shift 4

kept=${CKSLAB_BASELINE:-/var/lib/ckslab/baseline}
lock=${CKSLAB_LOCK:-/run/ckslab-baseline.lock}
etcd=${CKSLAB_ETCD:-/var/lib/etcd}
pki=/etc/kubernetes/pki/etcd
apparmor=${CKSLAB_APPARMOR:-/sys/kernel/security/apparmor}
plugins=${CKSLAB_PLUGINS:-/opt/cni/bin}
needed=${CKSLAB_NEEDED-kubelet kubeadm kubectl containerd containerd-shim-runc-v2 runc crictl ctr runsc
  containerd-shim-runsc-v1 etcdctl etcdutl sshd ssh sudo iptables ip mount umount systemctl bash tmux}
services=(containerd kubelet ssh)
missing=66 older=65 blocked=67 changed=68
format=2
least=$((64 * 1024))  # KiB that must be free on each file system that a node works on

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

is_container() { systemd-detect-virt --quiet --container; }

# A program of etcd's. Where the node has none, etcd's own image has.
program() { type -P "$1" || echo "/proc/$(pgrep --oldest --exact etcd)/root/usr/local/bin/$1"; }

# Saving

save() {
  rm -rf "$kept" && install --directory --mode 700 "$kept" "$kept/new/files"
  for path; do
    if is_there "$path"; then
      mkdir -p "$kept/new/files$(dirname "$path")"
      cp --archive "$path" "$kept/new/files$path"
    fi
  done
  echo "$addresses" > "$kept/new/addresses"
  programs > "$kept/new/programs"
  mounts > "$kept/new/mounts"
  save_home "$@"
  if [ "$role" != base ]; then
    crictl pods --quiet | sort > "$kept/new/sandboxes"
    images > "$kept/new/images"
    profiles > "$kept/new/profiles"
    save_network
    # Room for what must be written first where the disk is full.
    head --bytes 16M /dev/zero > "$kept/new/room"
  fi
  if [ "$role" = control-plane ]; then save_etcd; fi
  echo $format > "$kept/new/format"
  mv "$kept/new" "$kept/whole"
}

# Without the leases of leaders: a new leader would have to wait until that of the old one expires. And without those of
# API servers: one of an address that the machine has no more would stay an endpoint of Service kubernetes until it
# expires. Whoever holds one makes it again within seconds, so it may take more than one try to be faster.
save_etcd() {
  local lease leases=(/registry/leases/kube-system/kube- /registry/masterleases/)
  for _ in 1 2 3 4 5; do
    for lease in "${leases[@]}"; do etcdctl del --prefix "$lease" > /dev/null; done
    etcdctl snapshot save "$kept/new/etcd.db" > /dev/null
    if [ -z "$(for lease in "${leases[@]}"; do etcdctl get --prefix --keys-only "$lease"; done)" ]; then break; fi
  done
  sha256sum < "$kept/new/etcd.db" > "$kept/new/etcd.sha256"
  save_keys "$kept/new"
  echo "$addresses" > "$kept/new/etcd.addresses"
  # When etcd is down its image cannot be reached in this way.
  type -P etcdutl > /dev/null || cp "$(program etcdutl)" "$kept/new/etcdutl"
}

# What etcd holds key by key, for etcd.py, and of which addresses that is. Without curl there is only the snapshot.
save_keys() {
  rm -f "$1/keys.addresses"
  curl --silent --fail --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" \
    --data '{"key":"AA==","range_end":"AA=="}' https://127.0.0.1:2379/v3/kv/range > "$1/etcd.json" ||
    { rm -f "$1/etcd.json" && return; }
  echo "$addresses" > "$1/keys.addresses"
}

keys_are_current() {
  [ -e "$kept/etcd.json" ] && [ -e "$kept/keys.addresses" ] && [ "$(cat "$kept/keys.addresses")" = "$addresses" ]
}

# Of a lab that is as the baseline has it, and healthy: save its keys where those that are kept name other addresses.
renew() {
  find_baseline
  keys_are_current || save_keys "$kept"
}

etcdctl() {
  "$(program etcdctl)" --endpoints https://127.0.0.1:2379 \
    --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" "$@"
}

# What the machine and this script cannot do without: `path TAB size TAB mode TAB owner`.
programs() {
  local found
  # shellcheck disable=SC2086 # one word a program
  found=$(type -P $needed || true)
  { echo "$found"; find "$plugins" -type f 2> /dev/null || true; } | sed '/^$/d' | sort -u | describe_programs
}

# Those of the paths on standard input that are there.
describe_programs() {
  xargs --no-run-if-empty -d '\n' stat --dereference --printf '%n\t%s\t%a\t%u:%g\n' -- 2> /dev/null || true
}

images() { crictl images --output json | jq -r '.images[] | .id as $id | .repoTags[]? | [., $id] | @tsv' | sort -u; }

# Going back

restore() {
  take_over
  uncover_baseline
  find_baseline
  rm -f "$kept/room"
  free_paths "$@"
  unmount_strangers "$@"
  examine
  if has_moved; then follow_addresses; fi
  if [ "$role" = base ]; then
    restore_files "$@"
    restore_home "$@"
    return
  fi
  rm -f /run/nologin
  # A program that was stopped on its way hears nothing.
  for service in "${services[@]}"; do systemctl kill --signal CONT "$service" 2> /dev/null || true; done
  systemctl stop kubelet || true  # even its unit may be gone
  restore_files "$@"
  restore_home "$@"
  hostname "$name"
  restore_network
  restore_services
  remove_sandboxes
  unload_profiles
  # What the kubelet itself kept in between; it is afraid of what it cannot read.
  rm -f /var/lib/kubelet/*_state /var/lib/kubelet/device-plugins/kubelet_internal_checkpoint
  if [ "$role" = control-plane ]; then restore_etcd; fi
  examine_images
  examine_room
  head --bytes 16M /dev/zero > "$kept/room"
  systemctl reset-failed kubelet 2> /dev/null || true
  if [ "$role" = worker ]; then await_api; fi
  systemctl start kubelet
}

# A kubelet that finds no API server asks again after ever longer waits. A worker's starts when there is one to be found.
await_api() {
  local server end=$((SECONDS + 15))
  server=$(sed -n 's/^ *server: *//p' /etc/kubernetes/kubelet.conf | head -n 1)
  type -P curl > /dev/null || return 0
  until curl --silent --fail --insecure --max-time 2 --output /dev/null "$server/readyz" || [ $SECONDS -ge $end ]; do
    sleep 0.2
  done
}

# A run whose program was killed goes on here nevertheless. It is ended before another begins.
take_over() {
  local fd process
  exec 9> "$lock"
  if flock --nonblock 9; then return; fi
  for fd in /proc/[0-9]*/fd/9; do
    process=${fd#/proc/} process=${process%%/*}
    if [ "$process" != $$ ] && [ "$(readlink "$fd")" = "$lock" ]; then kill -KILL "$process" || true; fi
  done
  flock --wait 10 9
}

# What may lie over the baseline itself: no machine has a mount there of its own.
uncover_baseline() {
  local path
  for path in "$kept" "$(dirname "$kept")"; do
    if [ ! -d "$kept/whole" ] && mountpoint --quiet "$path"; then umount --lazy "$path"; fi
  done
}

# What cannot be mended here, before anything is touched.
examine() {
  local path size mode owner seconds obstacles
  # All at once: two programs for each of them take a second, and nearly always all are as they were.
  obstacles=$(cut -f1 "$kept/programs" | describe_programs | sort | comm -23 <(sort "$kept/programs") - |
    while IFS=$'\t' read -r path size mode owner; do
      if [ "$(stat --dereference --format %s -- "$path" 2> /dev/null)" = "$size" ]; then
        [ "$(stat --dereference --format '%a %u:%g' -- "$path")" = "$mode $owner" ] || {
          chattr -f -i -- "$path" || true
          chown "$owner" "$path" && chmod "$mode" "$path"
        }
      else
        printf 'program\t%s\t%s\t%s\n' "$path" "$size" "$mode"
      fi
    done)
  if [ "$role" = control-plane ]; then
    if [ "$(sha256sum < "$kept/etcd.db")" != "$(cat "$kept/etcd.sha256")" ]; then obstacles+=$'\ndamaged\t'"$kept"; fi
    # A certificate of kubeadm's is good for a year.
    seconds=$(($(date +%s) - $(stat --format %Y "$kept/etcd.db")))
    if [ $seconds -lt -60 ] || [ $seconds -gt $((364 * 24 * 3600)) ]; then obstacles+=$'\nclock\t'"$(date --utc '+%F %T')"; fi
  fi
  stop_if "$obstacles"
}

# Images that are not there any more, or have lost their names. There is no registry to get them from.
examine_images() {
  local image id
  images | comm -23 "$kept/images" - | while IFS=$'\t' read -r image id; do
    ctr --namespace k8s.io images tag --force "$id" "$image" > /dev/null 2>&1 || true
  done
  stop_if "$(images | comm -23 "$kept/images" - | cut -f1 | sed 's/^/image\t/')"
}

# Where a file system is full all the same, who filled it has to say what is to go: the largest files that are new.
examine_room() {
  local path
  stop_if "$(for path in / "$etcd" /var/lib/containerd /var/lib/kubelet /run /tmp; do
    [ -d "$path" ] || continue
    [ "$(df --output=avail "$path" | tail -n 1)" -ge $least ] || printf '%s\n' "$(df --output=target "$path" | tail -n 1)"
  done | sort -u | while IFS= read -r path; do
    printf 'full\t%s\t%s\n' "$path" "$(find "$path" -xdev -type f -newer "$kept/format" -size +32M -printf '%s\t%p\n' 2> /dev/null |
      grep -v "$etcd/" | sort -nr | head -n 3 | cut -f2 | tr '\n' ' ')"
  done)"
}

stop_if() {
  if [ -n "$1" ]; then
    echo "$1" | sed '/^$/d' >&2
    exit $blocked
  fi
}

# Comparing

# One line for each path, service and AppArmor profile that is not as it was.
compare() {
  find_baseline
  stop_if_changed "$(differences "$@")"
}

differences() {
  local service
  changed_files "$@"
  if [ "$role" != base ]; then
    for service in containerd kubelet; do systemctl is-active --quiet "$service" || echo "$service"; done
    is_container || profiles | comm -13 "$kept/profiles" -
  fi
}

# The same of all that is covered, of the network, and of what a restore needs.
unchanged() {
  take_over
  uncover_baseline
  find_baseline
  free_paths "$@"
  unmount_strangers "$@"
  stop_if_changed "$(differences "$@" && changed_services)"
  examine
  examine_images
  examine_room
  stop_if_changed "$(
    changed_network
    [ "$(hostname)" = "$name" ] || echo hostname
    if [ "$role" = control-plane ]; then
      keys_are_current || echo etcd
    fi
  )"
}

# Services that do not run as their files have it, which may have been other files meanwhile.
changed_services() {
  local service
  for service in "${services[@]}"; do
    is_current "$service" && ! is_halted "$service" && [ -z "$(overrides "$service")" ] || echo "$service"
  done
  # Static Pods: a kubelet takes up what lies there within seconds. It had done so with what was saved.
  find /etc/kubernetes -newerct '2 minutes ago' -newercm "$kept/format"
}

find_baseline() {
  kept=$kept/whole
  [ -d "$kept" ] || exit $missing
  [ "$(cat "$kept/format" 2> /dev/null)" = $format ] || exit $older
}

stop_if_changed() { [ -z "$1" ] || { echo "$1" && exit $changed; }; }

# Services

restore_services() {
  local service
  for service in "${services[@]}"; do overrides "$service" | xargs --no-run-if-empty rm -rf; done
  systemctl unmask --runtime --quiet "${services[@]}" || true
  systemctl daemon-reload
  is_current containerd || restart containerd
  crictl --timeout 10s version > /dev/null 2>&1 || restart containerd
  is_current ssh || restart ssh
}

# What was told systemd of a service until the next start of the machine.
overrides() { ls -d {/run/systemd/system,/run/systemd/system.control}/"$1".service{,.d} 2> /dev/null || true; }

is_halted() { grep --quiet '^State:.T' "/proc/$(systemctl show --property MainPID --value "$1")/status"; }

# Whether a service runs, and none of its files is younger than it. What was saved was current: a kubelet writes its
# own kubeconfig after it has started.
is_current() {
  local began
  systemctl is-active --quiet "$1" || return 1
  began=$(systemctl show --property ExecMainStartTimestamp --value --timestamp us "$1")
  [ -z "$(files_of "$1" | xargs -d '\n' -I{} find {} -newerct "$began" -newercm "$kept/format" -print -quit)" ]
}

# The files by which a service runs, those that are there.
files_of() {
  local path files=(/etc/systemd/system /usr/lib/systemd/system/"$1".service*)
  case $1 in
    containerd) files+=(/etc/containerd) ;;
    kubelet) files+=(/etc/default/kubelet /etc/kubernetes/kubelet.conf /var/lib/kubelet/{config.yaml,instance-config.yaml,kubeadm-flags.env}) ;;
    ssh) files+=(/etc/ssh /etc/passwd /etc/pam.d) ;;
  esac
  for path in "${files[@]}"; do
    if [ -e "$path" ]; then echo "$path"; fi
  done
}

restart() {
  systemctl reset-failed "$1" 2> /dev/null || true
  systemctl restart "$1" || { journalctl --unit "$1" --lines 5 --output cat >&2 && return 1; }
}

# The system's Pods are made anew: static ones whatever state they are in, the others because whoever watches an API
# server that was away may go by what it last saw for a minute (kube-proxy did, so new Services could not be reached).
# No Pod stays that the baseline does not know. What cannot be removed here, such as a sandbox whose shim does not
# answer, the kubelet removes later; but of the system's Pods none may go on.
remove_sandboxes() {
  local all
  remove_system || { sleep 1 && remove_system; } || {
    # A container whose start was cut off is being started for ever, until containerd itself is started anew.
    restart containerd && remove_system
  }
  all=$(crictl pods --quiet | sort)
  comm -13 "$kept/sandboxes" - <<< "$all" | xargs --no-run-if-empty crictl --timeout 30s rmp --force > /dev/null || true
  # Addresses of Pods that are no more.
  if [ -z "$(crictl pods --quiet)" ]; then rm -rf /var/lib/cni/networks/*; fi
}

remove_system() {
  local system
  system=$(crictl pods --quiet --namespace kube-system) || return
  xargs --no-run-if-empty crictl --timeout 30s rmp --force <<< "$system" > /dev/null
}

# The AppArmor profiles that the kernel has loaded, whatever mode they are in.
profiles() { if [ -e "$apparmor/profiles" ]; then sed 's/ ([a-z]*)$//' "$apparmor/profiles" | sort; fi; }

# A container has its host's kernel, whose profiles are none of ours. Of profiles that lie in one another, the outer
# takes the inner away with it.
unload_profiles() {
  if is_container; then return; fi
  profiles | comm -13 "$kept/profiles" - | while IFS= read -r profile; do
    printf %s "$profile" > "$apparmor/.remove" || [ "${profile%//*}" != "$profile" ]
  done
}

# Whoever watches the API server must not take the past for the present: no revision is ever used twice, as long as
# less than a thousand objects are written in a second, and none from before can be watched. A clock that was set back
# does not take revisions back with it.
# The old data goes first, since the disk may be full of it: the way back is the snapshot, which stays.
restore_etcd() {
  local etcdutl flags bump last
  etcdutl=$(type -P etcdutl || echo "$kept/etcdutl")
  last=$(cat "$kept/bump" 2> /dev/null || echo 0)
  bump=$((($(date +%s) - $(stat --format %Y "$kept/etcd.db")) * 1000))
  if [ $bump -le "$last" ]; then bump=$((last + 1000000)); fi
  flags=$(grep -oE -e '--(name|initial-cluster|initial-advertise-peer-urls)=\S+' /etc/kubernetes/manifests/etcd.yaml)
  if [ -L "$etcd" ] || ! [ -d "$etcd" ]; then rm -rf "$etcd" && install --directory --mode 700 "$etcd"; fi
  find "$etcd" -mindepth 1 -delete
  echo $bump > "$kept/bump"
  # shellcheck disable=SC2086 # one word a flag
  "$etcdutl" snapshot restore "$kept/etcd.db" --data-dir "$etcd/restored" $flags \
    --bump-revision $bump --mark-compacted 2> "$kept/etcdutl.log" || { tail -n 3 "$kept/etcdutl.log" >&2 && return 1; }
  mv "$etcd/restored/member" "$etcd/member" && rm -rf "$etcd/restored"
  # baseline.py reads it.
  if [ -e "$kept/etcd.addresses" ] && [ "$(cat "$kept/etcd.addresses")" != "$addresses" ]; then echo moved; fi
}

# Other addresses

# A container may have another address once it was stopped. Its entrypoint tells all but etcd's certificates, which etcd
# reads again by itself.
follow() {
  kept=$kept/whole
  if ! [ -d "$kept" ] || [ "$(cat "$kept/format" 2> /dev/null)" != $format ] || ! has_moved; then return; fi
  local before
  before=$(own_address < "$kept/addresses")
  follow_addresses
  if [ "$role" = control-plane ] && [ "$before" != "$(own_address <<< "$addresses")" ]; then
    certify /etc/kubernetes/pki etcd-server etcd-peer
  fi
}

has_moved() { [ -n "$addresses" ] && [ "$(cat "$kept/addresses")" != "$addresses" ]; }

own_address() { sed -n "s/ $name\$//p"; }

# Let what is kept name the new addresses. In two steps, as two machines may have changed places.
follow_addresses() {
  local before after machine there=("$kept/addresses") first=() second=()
  before=$(own_address < "$kept/addresses")
  while read -r after machine; do
    first+=(-e "s/\b$(sed -n "s/ $machine\$//p" "$kept/addresses" | sed 's/\./\\./g')\b/@$machine@/g")
    second+=(-e "s/@$machine@/$after/g")
  done <<< "$addresses"
  for path in files/etc/hosts files/etc/kubernetes files/var/lib/kubelet network; do
    if [ -e "$kept/$path" ]; then there+=("$kept/$path"); fi
  done
  { grep -rlIF "$(cut -d' ' -f1 "$kept/addresses")" "${there[@]}" || true; } |
    xargs --no-run-if-empty sed -i "${first[@]}" "${second[@]}"
  if [ "$role" = control-plane ] && [ "$before" != "$(own_address <<< "$addresses")" ]; then
    certify "$kept/files/etc/kubernetes/pki" apiserver etcd-server etcd-peer
  fi
  echo "$addresses" > "$kept/addresses"
}

# certify PKI CERTIFICATE...: make certificates of the control plane anew, as kubeadm calls them, for its address.
certify() {
  local folder=$1 config certificate
  shift
  config=$(mktemp)
  sed "s|^kind: ClusterConfiguration|&\ncertificatesDir: $folder|" /kind/kubeadm.conf > "$config"
  for certificate; do
    rm -f "$folder/${certificate/etcd-/etcd/}".{crt,key}
    kubeadm init phase certs "$certificate" --config "$config" > /dev/null 2> "$kept/kubeadm.log" || { tail -n 3 "$kept/kubeadm.log" >&2 && return 1; }
  done
  rm "$config"
}

"$verb" "$@"
