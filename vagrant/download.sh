#!/bin/bash
# Downloads the programs of a node as their makers publish them, each verified against the checksum published beside it.
# The versions come in variables, as in provision.sh. A transfer that broke goes on where it stopped.
set -euo pipefail

bin=${CKSLAB_BIN:-/usr/local/bin} kubernetes_bin=${CKSLAB_KUBERNETES_BIN:-/usr/bin} cni=${CKSLAB_CNI:-/opt/cni/bin}
cache=${CKSLAB_DOWNLOADS:-/var/cache/ckslab}
# One server in place of all of them, with their paths below it: for tests, and for whoever has a mirror.
mirror=${CKSLAB_MIRROR:-}
machine=$(uname -m)
case $machine in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) echo "ckslab: there are no programs for $machine" >&2; exit 1 ;;
esac

main() {
  mkdir -p "$cache" "$bin" "$kubernetes_bin" "$cni"
  local program url archive
  for program in kubeadm kubelet kubectl; do
    url=https://dl.k8s.io/release/${KUBERNETES:?}/bin/linux/$arch/$program
    fetch "$url" "$url.sha256" sha256sum
    install "$(file_of "$url")" "$kubernetes_bin/$program"
  done
  for program in runsc containerd-shim-runsc-v1; do
    url=https://storage.googleapis.com/gvisor/releases/release/${GVISOR:?}/$machine/$program
    fetch "$url" "$url.sha512" sha512sum
    install "$(file_of "$url")" "$bin/$program"
  done
  archive=containerd-${CONTAINERD:?}; archive=${archive/-v/-}-linux-$arch.tar.gz
  unpack "$(github containerd/containerd "$CONTAINERD" "$archive")" .sha256sum "$bin" --strip-components=1 bin
  unpack "$(github containernetworking/plugins "${CNI_PLUGINS:?}" "cni-plugins-linux-$arch-$CNI_PLUGINS.tgz")" .sha256 "$cni"
  unpack "$(github kubernetes-sigs/cri-tools "${CRI_TOOLS:?}" "crictl-$CRI_TOOLS-linux-$arch.tar.gz")" .sha256 "$bin"
  archive=etcd-${ETCD:?}-linux-$arch
  unpack "$(github etcd-io/etcd "$ETCD" "$archive.tar.gz")" SHA256SUMS "$bin" --strip-components=1 \
    "$archive/etcdctl" "$archive/etcdutl"
  rm -rf "$cache"
}

github() { echo "https://github.com/$1/releases/download/$2/$3"; }

file_of() { echo "$cache/$(basename "$1")"; }

# fetch URL CHECKSUM-URL PROGRAM: the file is in the cache afterwards, and is what its makers published.
fetch() {
  local file
  file=$(file_of "$1")
  transfer "$1" "$file"
  transfer "$2" "$file.sum" anew
  # A list has a line for each file, and some hold the checksum and nothing else.
  verify "$1" "$(awk -v name="$(basename "$1")" 'NF == 1 || $2 == name || $2 == "*" name { print $1; exit }' "$file.sum")" "$3"
}

# verify URL EXPECTED PROGRAM
verify() {
  local file found
  file=$(file_of "$1")
  found=$("$3" "$file" | cut -d' ' -f1)
  if [ "$found" = "$2" ]; then return; fi
  rm -f "$file" "$file.sum"
  echo "ckslab: $1 is not what its makers published: checksum $found, published ${2:-none}. It was removed;" \
    "run \`ckslab up\` again. If that does not help, something between here and there changes what is downloaded." >&2
  exit 1
}

# transfer URL FILE [anew]
transfer() {
  local url=${1/#https:\/\//${mirror:-https://}} answer code
  [ -z "${3:-}" ] || rm -f "$2"
  for _ in 1 2 3 4 5; do
    code=0
    answer=$(curl --silent --show-error --fail --location --connect-timeout 20 --speed-limit 1000 --speed-time 60 \
      --continue-at - --output "$2" --write-out '%{http_code}' "$url") || code=$?
    case $code:$answer in
      0:* | 22:416) return ;;  # 416: nothing is left to transfer
      22:4*) break ;;
      33:*) rm -f "$2" ;;  # this server cannot go on in the middle
    esac
    sleep "${CKSLAB_PAUSE:-3}"
  done
  echo "ckslab: $url could not be downloaded. What has come is kept: run \`ckslab up\` again to go on." >&2
  exit 1
}

# unpack URL CHECKSUM FOLDER [OPTION-OF-TAR...]: CHECKSUM is a suffix of the address, or a name beside it.
unpack() {
  local url=$1 checksum=$1$2 folder=$3
  case $2 in [!.]*) checksum=${1%/*}/$2 ;; esac
  shift 3
  fetch "$url" "$checksum" sha256sum
  tar --extract --gzip --no-same-owner --file "$(file_of "$url")" --directory "$folder" "$@"
}

main
