#!/bin/bash
# Tries the network of Pods on one node. connectivity.py sends this script there.
#   connectivity.sh POD DNS API ADDRESS...
# From within the network of POD: that DNS resolves a name to API, that API answers, and that each ADDRESS, of a Pod on
# another node, is reached. Prints what fails: `probe`, `dns`, `api` or the address.
set -euo pipefail
pod=$1 dns=$2 api=$3
shift 3

enter() { nsenter --target "$process" --net "$@"; }

resolves() {
  local answer
  # shellcheck disable=SC2016 # the inner shell's
  answer=$(enter timeout 5 bash -c '
    exec 3<> "/dev/udp/$1/53"
    printf "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x0akubernetes\x07default\x03svc\x07cluster\x05local\0\0\x01\0\x01" |
      dd bs=512 iflag=fullblock >&3 2> /dev/null  # in one piece, though a byte of it is a line feed
    dd bs=512 count=1 <&3 2> /dev/null | od -An -v -tu1 | tr -s "\n " " "
  ' bash "$dns" 2> /dev/null || true)
  # The address is the last of the answer.
  case $answer in *" ${api//./ } "*) ;; *) return 1 ;; esac
}

answers() { enter curl --silent --insecure --max-time 5 --output /dev/null "https://$api/readyz"; }

# No Pod listens there: whoever is reached refuses.
is_reached() {
  local said
  # shellcheck disable=SC2016
  said=$(enter timeout 5 bash -c ': > "/dev/tcp/$1/9"' bash "$1" 2>&1 || true)
  case $said in *"Connection refused"*) ;; *) return 1 ;; esac
}

sandbox=$(crictl pods --quiet --state ready --name "^$pod\$" | head -n 1)
process=$(crictl inspectp --output go-template --template '{{.info.pid}}' "$sandbox" 2> /dev/null) || { echo probe && exit; }
resolves || echo dns
answers || echo api
for address; do is_reached "$address" || echo "$address"; done
