#!/bin/sh
# Installs the registry, and the example if wanted, into a Kubernetes cluster; removes them again.
# It touches only objects with the label app.kubernetes.io/part-of=tars2py in one namespace, and
# never your kubectl context or its default namespace.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
namespace=tars-system
database=sqlite
demo=no
dry=
images=

usage() {
    cat <<'TEXT'
install.sh [flags] install | remove | render

  install   create or update the namespace, the registry and, with --demo, the example
  remove    delete what install created, save the data volume and the namespace
  render    print the manifests; nothing is sent to the cluster

  --namespace NAME    where to (default tars-system)
  --mysql             use an external MySQL: DB_HOST, DB_PORT, DB_USER and DB_PASS are read from
                      the environment and stored in the Secret tars-registry-db
  --demo              install the example server, too
  --images PREFIX     take images from PREFIX, as in registry.example.com/tars/
  --dry-run           ask the cluster what would change; change nothing
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "install.sh: $*"; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
        --namespace) [ $# -ge 2 ] || fail "--namespace: expected a name"; namespace=$2; shift ;;
        --images) [ $# -ge 2 ] || fail "--images: expected a prefix"; images=$2; shift ;;
        --mysql) database=mysql ;;
        --demo) demo=yes ;;
        --dry-run) dry=--dry-run=server ;;
        -h|--help) usage; exit 0 ;;
        install|remove|render) break ;;
        *) usage >&2; fail "unknown: $1" ;;
    esac
    shift
done
[ $# -eq 1 ] || { usage >&2; fail "expected one of install, remove, render"; }
case $namespace in
    ''|-*|*-|*[!a-z0-9-]*) fail "--namespace $namespace: expected lower-case letters, digits and -" ;;
esac
case $images in
    *[!A-Za-z0-9._:/-]*) fail "--images $images: expected a registry's address and path" ;;
esac
command -v kubectl >/dev/null || fail "kubectl is not installed; see https://kubernetes.io/docs/tasks/tools/"

render() {
    kubectl kustomize "$here/kustomize/overlays/$1" \
        | sed -e "s|namespace: tars-system|namespace: $namespace|" \
              -e "s|image: tars2py-|image: ${images}tars2py-|"
}

manifests() {
    render "$database"
    if [ "$demo" = yes ]; then
        printf -- '---\n'
        render demo
    fi
}

secret() {
    for name in DB_HOST DB_USER DB_PASS; do
        eval "value=\${$name:-}"
        [ -n "$value" ] || fail "--mysql: set $name (and DB_PORT, if it is not 3306)"
    done
    # The values go through standard input, so that no process list shows them.
    printf 'DB_HOST=%s\nDB_PORT=%s\nDB_USER=%s\nDB_PASS=%s\n' \
        "$DB_HOST" "${DB_PORT:-3306}" "$DB_USER" "$DB_PASS" \
        | kubectl create secret generic tars-registry-db -n "$namespace" \
            --from-env-file=/dev/stdin --dry-run=client -o yaml \
        | kubectl label --local -f - app.kubernetes.io/part-of=tars2py -o yaml \
        | kubectl apply -n "$namespace" $dry -f -
}

install() {
    if ! kubectl get namespace "$namespace" >/dev/null 2>&1; then
        say "creating namespace $namespace"
        kubectl create namespace "$namespace" $dry
        [ -n "$dry" ] || kubectl label namespace "$namespace" app.kubernetes.io/part-of=tars2py
    fi
    if [ "$database" = mysql ]; then
        secret
    fi
    say "applying the manifests ($database)"
    manifests | kubectl apply -n "$namespace" $dry -f -
    [ -n "$dry" ] && return
    kubectl rollout status -n "$namespace" deployment/tars-registry --timeout=180s
    [ "$demo" = no ] || kubectl rollout status -n "$namespace" deployment/hello --timeout=300s
    say "done. The registry's locator inside the cluster:"
    say "  tars.tarsregistry.QueryObj@tcp -h tars-registry.$namespace.svc.cluster.local -p 17890"
}

remove() {
    kinds=deployment,service,serviceaccount,networkpolicy,poddisruptionbudget,secret
    kubectl delete -n "$namespace" $dry "$kinds" -l app.kubernetes.io/part-of=tars2py
    say "kept: persistent volume claims, which hold the registry's data; to delete them, too:"
    say "  kubectl delete -n $namespace persistentvolumeclaim -l app.kubernetes.io/part-of=tars2py"
    ours=$(kubectl get namespace "$namespace" -o \
        'jsonpath={.metadata.labels.app\.kubernetes\.io/part-of}')
    if [ "$ours" = tars2py ]; then
        say "the namespace was made by this script; when nothing of yours is in it:"
        say "  kubectl delete namespace $namespace"
    fi
}

case $1 in
    render) manifests ;;
    install) install ;;
    remove) remove ;;
esac
