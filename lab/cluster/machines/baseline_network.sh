#!/bin/bash
# The network of a node, for baseline.sh: what its kernel was told of interfaces, addresses, routes, rules, firewalls and
# its settings. `kept` and `addresses` are that script's.

tables="legacy nft"

# Files below $1: what each part of the network was.
save_network() { describe_network "$kept/new/network"; }

describe_network() {
  local family backend
  mkdir -p "$1"
  links > "$1/links"
  addresses_in_use > "$1/addresses"
  routes > "$1/routes"
  rules > "$1/rules"
  settings > "$1/settings"
  for family in iptables ip6tables; do
    for backend in $tables; do
      if type -P "$family-$backend-save" > /dev/null; then firewall "$family-$backend" > "$1/$family-$backend"; fi
    done
  done
  if type -P nft > /dev/null; then { nft list tables || true; } | sort > "$1/tables"; fi
}

addresses_in_use() {
  ip -4 -oneline address | sed -E 's/^[0-9]+: +(\S+) +inet (\S+)( brd \S+)?( scope \S+).*/\1 \2\3\4/; /^veth/d' | sort
}

links() { ip -oneline link | sed -E 's/^[0-9]+: ([^:@]+)[:@].* mtu ([0-9]+) .*/\1 \2/; /^veth/d' | sort; }

# Without those that the kernel makes by itself for addresses.
routes() { ip -4 route show table all | sed -E '/table local|proto kernel|dev veth/d; s/ *$//; s/ linkdown//' | sort; }

rules() { ip -4 rule | sed 's/ \[detached\]//; s/:\t/ /; s/ *$//' | sort; }

# Of a container, only those that are its own and not its host's.
settings() {
  local elsewhere=()
  if ! is_container; then elsewhere=(/proc/sys/{vm/overcommit_memory,vm/panic_on_oom,kernel/panic,kernel/pid_max,fs/file-max,fs/inotify,user}); fi
  { grep -rs . /proc/sys/net "${elsewhere[@]}" || true; } | sed '/\/veth/d' | sort
}

# A firewall by one of its programs. kube-router makes its own rules anew, with sets of addresses that may not be there.
firewall() { "$1-save" | sed -E '/^#|KUBE-(ROUTER|POD-FW|NWPLCY)|match-set|CNI-/d'; }

# The parts of the network that are not as they were. Rules that come and go with the cluster's objects do not count,
# nor do the figures that the kernel itself counts up.
changed_network() {
  local now part
  now=$(mktemp --directory)
  describe_network "$now"
  for part in "$kept"/network/*; do
    part=${part##*/}
    cmp --silent <(steady "$kept/network/$part") <(steady "$now/$part") || echo "network: $part"
  done
  rm -r "$now"
}

steady() { sed -E '/KUBE-|nf_conntrack_count/d; s/ \[[0-9:]+\]$//' "$1" | sort; }

restore_network() {
  local now
  now=$(mktemp --directory)
  links > "$now/links"
  restore_links "$now"
  restore_settings
  restore_firewall
  rm -r "$now"
}

# $1: what there is now. Where addresses are not the lab's to give, nobody's routes are taken away.
restore_links() {
  local link size line
  if [ -n "$addresses" ]; then
    comm -13 <(cut -d' ' -f1 "$kept/network/links") <(cut -d' ' -f1 "$1/links") | while read -r link; do
      ip link delete "$link" 2> /dev/null || true
    done
  fi
  while read -r link size; do
    ip link set dev "$link" up mtu "$size" arp on 2> /dev/null || true
    ip link set dev "$link" xdp off 2> /dev/null || true
    [ "$link" = lo ] || ip neighbour flush dev "$link" nud permanent 2> /dev/null || true
    if [ -n "$addresses" ] && type -P tc > /dev/null; then
      for line in root ingress clsact; do tc qdisc delete dev "$link" $line 2> /dev/null || true; done
    fi
  done < "$kept/network/links"
  # A link that was down had no routes.
  addresses_in_use > "$1/addresses"
  rules > "$1/rules"
  [ -z "$addresses" ] || comm -13 "$kept/network/addresses" "$1/addresses" | while read -r link line; do
    ip address delete "${line%% *}" dev "$link" || true
  done
  comm -23 "$kept/network/addresses" "$1/addresses" | while read -r link line; do
    # shellcheck disable=SC2086 # one word each
    ip address replace $line dev "$link" 2> /dev/null || true
  done
  [ -z "$addresses" ] || comm -13 "$kept/network/rules" "$1/rules" | while read -r size line; do
    # shellcheck disable=SC2086
    ip rule delete pref "$size" $line || true
  done
  comm -23 "$kept/network/rules" "$1/rules" | while read -r size line; do
    # shellcheck disable=SC2086
    ip rule add pref "$size" $line 2> /dev/null || true
  done
  routes > "$1/routes"
  [ -z "$addresses" ] || comm -13 "$kept/network/routes" "$1/routes" | while read -r line; do
    # shellcheck disable=SC2086
    ip route delete $line || true
  done
  routes > "$1/routes"
  comm -23 "$kept/network/routes" "$1/routes" | while read -r line; do
    # shellcheck disable=SC2086
    ip route replace $line 2> /dev/null || true
  done
}

# Twice, as one may change others: ip_forward does.
restore_settings() {
  local path value
  for _ in 1 2; do
    settings | comm -23 "$kept/network/settings" - | while IFS=: read -r path value; do
      if [ -w "$path" ]; then { echo "$value" > "$path"; } 2> /dev/null || true; fi
    done
  done
}

# Every table is emptied, and gets what it had.
restore_firewall() {
  local family table
  if type -P nft > /dev/null; then
    { nft list tables || true; } | while read -r table; do
      # Tables of iptables are made anew below. Of others, those stay that the baseline knows.
      case $table in
        "table ip "* | "table ip6 "*) ;;
        *) if grep -qxF "$table" "$kept/network/tables"; then continue; fi ;;
      esac
      # shellcheck disable=SC2086
      nft delete $table || true
    done
  fi
  for family in iptables-legacy ip6tables-legacy; do
    if type -P "$family-restore" > /dev/null; then empty "$family"; fi
  done
  for family in "$kept"/network/ip*tables-*; do
    table=$(basename "$family")
    # A rule may ask for what is not there any more. The system's own, kube-proxy makes anew.
    "$table-restore" < "$family" 2> /dev/null || sed /KUBE/d "$family" | "$table-restore"
  done
}

# Let each built-in chain of the tables in use pass all, and remove the others.
empty() {
  local table
  { cat "/proc/net/${1%tables-legacy}_tables_names" 2> /dev/null || true; } | while read -r table; do
    { echo "*$table" && "$1-save" --table "$table" | sed -nE 's/^(:[A-Z]+) (ACCEPT|DROP) .*/\1 ACCEPT/p' && echo COMMIT; } | "$1-restore"
  done
}
