#!/bin/bash
# Whether the learner may work on this machine. access.py lays this script there and calls it.
#   access close-after SECONDS  closes the machine in so many seconds: whoever is called again moves that moment
#   access close                ends what the learner runs, also by sudo, and lets nobody in
#   access reopen               lets the learner in again
#   access state                prints `open`, `closes SECONDS` or `closed`
# The end of an exam does not hang on the program that began it: a process on the machine itself waits for it, and ends
# what the learner begins afterwards.
set -euo pipefail

LEARNER=candidate
RUN=/run/ckslab
CLOSES_AT=$RUN/closes-at
DENIED=/etc/ssh/sshd_config.d/00-ckslab-closed.conf

# Since the machine's start, in seconds: nobody sets it, and it goes on while the computer sleeps.
uptime_seconds() { cut --delimiter=. --fields=1 /proc/uptime; }

is_due() { [ -e "$CLOSES_AT" ] && [ "$(uptime_seconds)" -ge "$(cat "$CLOSES_AT")" ]; }

# What the learner runs on the machine itself. A Pod's processes may have the learner's number, but not its mounts. Base is
# a container that may not see the mounts of others' processes; it has no Pods, either.
learners_processes() {
  local ours theirs process
  ours=$(readlink /proc/self/ns/mnt)
  {
    pgrep --uid "$LEARNER" || true
    # sudo says who called it, to all that is begun by it.
    grep --files-with-matches --no-messages --null-data --line-regexp "SUDO_USER=$LEARNER" /proc/[0-9]*/environ |
      cut --delimiter=/ --fields=3 || true
  } | sort --unique | while read -r process; do
    theirs=$(readlink "/proc/$process/ns/mnt" || true)
    if [ -z "$theirs" ] || [ "$theirs" = "$ours" ]; then echo "$process"; fi
  done
}

let_nobody_in() {
  [ -d /etc/ssh/sshd_config.d ] || return 0
  [ -e "$DENIED" ] && return
  echo "DenyUsers $LEARNER" >"$DENIED"
  reload_sshd
}

reload_sshd() { [ ! -s /run/sshd.pid ] || kill -HUP "$(cat /run/sshd.pid)"; }

end_processes() {
  local processes
  mapfile -t processes < <(learners_processes)
  [ ${#processes[@]} -eq 0 ] || kill -KILL "${processes[@]}" 2>/dev/null || true
}

watch() {
  exec 9>"$RUN/watch.lock"
  flock --nonblock 9 || exit 0  # another one watches already
  while [ -e "$CLOSES_AT" ]; do
    if is_due; then
      let_nobody_in
      end_processes
    fi
    sleep 1 9>&-
  done
}

begin_watch() {
  # Without sudo's variables, by which it would take itself for the learner's; and it outlives whoever began it.
  env --unset=SUDO_USER setsid --fork bash "$0" watch </dev/null >/dev/null 2>&1
}

case $1 in
  close-after)
    id "$LEARNER" >/dev/null 2>&1 && [ "${SUDO_USER:-}" != "$LEARNER" ] || exit 65
    mkdir -p "$RUN"
    echo $(($(uptime_seconds) + $2)) >"$CLOSES_AT.new"
    mv "$CLOSES_AT.new" "$CLOSES_AT"
    is_due || [ ! -e "$DENIED" ] || { rm "$DENIED" && reload_sshd; }
    begin_watch
    ;;
  close)
    bash "$0" close-after 0
    let_nobody_in
    end_processes
    ;;
  reopen)
    rm -f "$CLOSES_AT"
    [ ! -e "$DENIED" ] || { rm "$DENIED" && reload_sshd; }
    ;;
  watch) watch ;;
  state)
    if is_due; then
      echo closed
    elif [ -e "$CLOSES_AT" ]; then
      echo "closes $(($(cat "$CLOSES_AT") - $(uptime_seconds)))"
    else
      echo open
    fi
    ;;
esac
