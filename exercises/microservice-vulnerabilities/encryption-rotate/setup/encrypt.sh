# Has the API server encrypt every Secret with aescbc and the key `spring`, as if it had done so for long.
config=/etc/kubernetes/enc/encryption.yaml
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
api() { kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; }

key=$(head -c 32 /dev/urandom | base64)
install --directory --mode 700 "$(dirname "$config")" /var/lib/ckslab
install --mode 600 /dev/stdin "$config" <<CONFIG
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
            - name: spring
              secret: $key
      - identity: {}
CONFIG
# By this hash a grade tells whether the API server still has the key.
base64 --decode <<< "$key" | sha256sum | cut -d' ' -f1 > /var/lib/ckslab/old-encryption-key

kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "enc", "mountPath": "/etc/kubernetes/enc", "readOnly": true}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "enc", "hostPath": {"path": "/etc/kubernetes/enc", "type": "Directory"}}}
]' > /etc/kubernetes/kube-apiserver.yaml
mv /etc/kubernetes/kube-apiserver.yaml "$manifest"

# Until an API server runs that has loaded the file.
loaded="sha256:$(sha256sum < "$config" | cut -d' ' -f1)"
end=$((SECONDS + 150))
until api get --raw /metrics 2> /dev/null | grep --fixed-strings "$loaded" > /dev/null; do
  if [ $SECONDS -ge $end ]; then
    echo "no API server has loaded $config in 150 s" >&2
    crictl ps --all --name kube-apiserver >&2
    exit 1
  fi
  sleep 1
done
api get secrets --all-namespaces --output json | api replace --filename - > /dev/null
