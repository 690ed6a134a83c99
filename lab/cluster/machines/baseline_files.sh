#!/bin/bash
# The files of a machine, for baseline.sh: those that a baseline covers, what may lie over them, and the learner's home.
# `kept` is that script's.

# Paths that nothing may be mounted over, besides those that are covered.
vital=${CKSLAB_VITAL-/opt/cni/bin /usr/bin /usr/sbin /usr/lib /usr/local/bin /var/lib/cni /run/containerd/containerd.sock
  /var/lib/containerd/io.containerd.metadata.v1.bolt /root /tmp}

mounts() { findmnt --raw --noheadings --output TARGET | sort; }

# Files that were made immutable, and file systems that were made read-only, can be written again.
free_paths() {
  local path target
  # Only those that are: to be told so changes the others' time, by which services are restarted.
  { lsattr -R -a "$kept" "$etcd" "$@" || true; lsattr -d / /home /home/* /var /var/lib /var/lib/kubelet; } 2> /dev/null |
    sed -nE 's/^\S*[ia]\S* +//p' | while IFS= read -r path; do
    chattr -f -i -a -- "$path" || true
  done || true
  for path in "$kept" "$etcd" "$@"; do
    if is_there "$path" && [ ! -w "$path" ]; then
      target=$(findmnt --noheadings --output TARGET --target "$path")
      mount -o remount,rw "$target" || mount -o remount,rw,bind "$target" || true
    fi
  done
}

# Mounts that the baseline does not know, at, above or below what matters. Of those over one another, as many go as came.
unmount_strangers() {
  local mount
  mounts | comm -13 "$kept/mounts" - | sort --reverse | while IFS= read -r mount; do
    mount=$(printf %b "$mount")
    if matters "$mount" "$@"; then umount --lazy "$mount" || true; fi
  done
}

matters() {
  local mount=$1 path
  shift
  for path in "$@" "$kept" "$etcd" $vital; do
    case $path/ in "$mount"/*) return ;; esac
    case $mount in "$path"/*) return ;; esac
  done
  return 1
}

# What is as it was stays untouched, so that it is known which services to restart. Both sides are listed as a whole: thousands of
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

# Names of files that are there, or are as they are, only now or only in the baseline.
changed_files() {
  comm -z -3 <(list "$kept/files" "$@") <(list "" "$@") | sed -z 's/^\t//' | cut -z -f1 | sort -zu | tr '\0' '\n'
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

# What a container's engine has mounted, such as /etc/hosts, can be neither removed nor replaced, but written.
put_back() {
  local from=$kept/files$1
  if [ -d "$from" ] && [ -d "$1" ] && ! [ -L "$from" ] && ! [ -L "$1" ]; then
    chown --reference "$from" "$1" && chmod --reference "$from" "$1"
  elif [ -f "$from" ] && mountpoint --quiet "$1"; then
    cat "$from" > "$1" && chown --reference "$from" "$1" && chmod --reference "$from" "$1"
  else
    rm -rf "$1" && mkdir -p "$(dirname "$1")" && cp --archive "$from" "$1"
  fi
}

# The home itself, and, where a login shell finds its programs no more, the files that the shell reads: what was the
# learner's own there is kept beside them.
restore_home() {
  local home user file
  home=$(home_of "$@")
  [ -n "$home" ] || return 0
  user=$(basename "$home")
  mkdir -p "$home" && chown "$user:$user" "$home" && chmod u+rwx,go-w "$home" && chmod 1777 /tmp
  if has_shell "$user" "$home"; then return; fi
  for file in .bashrc .bash_profile .bash_login .profile .bash_aliases .inputrc; do
    if is_there "$home/$file" && ! cmp --silent "$home/$file" "$kept/home/$file"; then
      mv --force "$home/$file" "$home/$file.before-reset"
    fi
    if [ -e "$kept/home/$file" ]; then cp --archive "$kept/home/$file" "$home/$file"; fi
  done
}

has_shell() {
  local try='type -P kubectl ssh sudo > /dev/null && echo it-works'
  timeout 5 setsid runuser --user "$1" -- env --ignore-environment HOME="$2" USER="$1" TERM=dumb bash -lic "$try" \
    < /dev/null 2> /dev/null | grep -q '^it-works$'
}

# The learner's home, where its ways to other machines are covered: a shell's own files are put back if the shell fails.
home_of() {
  local path
  for path; do
    case $path in /home/*/.ssh) dirname "$path" ;; esac
  done
}

save_home() {
  local home
  home=$(home_of "$@")
  [ -z "$home" ] || {
    install --directory "$kept/new/home"
    find "$home" -maxdepth 1 -type f -name '.*' -exec cp --archive -t "$kept/new/home" {} +
  }
}
