# Takes gVisor's handlers out of containerd's configuration, and writes that in version 3, whatever it was in.
# gVisor's programs stay; its own settings for this machine are in /etc/containerd/runsc.toml then.
config=/etc/containerd/config.toml
settings=$(sed -n 's/^ *ConfigPath *= *["'\'']\([^"'\'']*runsc[^"'\'']*\)["'\''].*/\1/p' "$config" | head -n 1)
if [ -n "$settings" ] && [ "$settings" != /etc/containerd/runsc.toml ]; then mv "$settings" /etc/containerd/runsc.toml; fi
awk '/^ *\[/ { skip = /\.runtimes\.runsc[].]/ } !skip' "$config" > /etc/containerd/without-runsc
containerd --config /etc/containerd/without-runsc config migrate > /etc/containerd/migrated
rm /etc/containerd/without-runsc
mv /etc/containerd/migrated "$config"
systemctl restart containerd
end=$((SECONDS + 60))
until crictl info > /dev/null 2>&1; do
  if [ $SECONDS -ge $end ]; then
    journalctl --unit containerd --lines 5 --output cat >&2
    exit 1
  fi
  sleep 1
done
if crictl info | grep io.containerd.runsc; then
  echo "containerd still has a handler of gVisor's" >&2
  exit 1
fi
