#!/bin/sh
# Brings a request to the host and starts the supervisor there, which outlives this connection. Everything goes through the host's Docker
# socket, by the docker command with argument lists: no command of ours is ever read by a shell of the host.
#
# Standard input: the request, see src/request.ts. What it prints and its exit code are the supervisor's; 4: the host could not be reached.
#   SLUICE_TARGET      user, host and port as three words, or empty for the Docker socket at hand (DOCKER_HOST)
#   SLUICE_SSH_KEY     file of the private key             SLUICE_KNOWN_HOSTS  the host keys that are believed, no others
#   SLUICE_NODE_IMAGE, SLUICE_TOOLS_IMAGE                  what the supervisor runs on, and where its docker and Compose come from
#   SLUICE_PROGRAM     directory of this file              SLUICE_ROOT         directory of the state on the host
#   SLUICE_SOCKET      Docker's socket on the host         SLUICE_KEEP         keep the supervisor's container, with its log
#   SLUICE_SETUP       first install what is missing, by setup.sh
set -eu
program=${SLUICE_PROGRAM:-$(cd "$(dirname "$0")" && pwd)}
root=${SLUICE_ROOT:-/var/lib/sluice}
socket=${SLUICE_SOCKET:-/var/run/docker.sock}
scratch=$(mktemp -d)
supervisor=sluice-supervisor-$(cat /proc/sys/kernel/random/uuid)
# Names of volumes: the tools of each pinned image, unpacked once a host.
tools=sluice-tools-$(printf %s "$SLUICE_TOOLS_IMAGE" | sed 's/.*@sha256:\(.\{16\}\).*/\1/; s/[^a-zA-Z0-9]/-/g')

main() {
  trap leave EXIT
  [ -z "${SLUICE_TARGET:-}" ] || connect
  [ -z "${SLUICE_SETUP:-}" ] || prepare install
  reach
  image "$SLUICE_NODE_IMAGE"
  docker volume inspect "$tools-whole" > "$scratch/out" 2>&1 || unpack
  docker create --interactive --name "$supervisor" --network host --restart on-failure:5 --stop-timeout 2 \
    --label sluice.supervisor=true --security-opt no-new-privileges --pids-limit 200 --memory 512m \
    --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
    --log-opt max-size=5m --log-opt max-file=2 \
    --tmpfs /run/sluice:rw,noexec,nosuid,nodev,size=1m,mode=0700 \
    --volume "$socket:/var/run/docker.sock" --volume "$root:$root" --volume "$tools:/usr/local/libexec/docker/cli-plugins:ro" \
    --env "SLUICE_ROOT=$root" --env "SLUICE_SUPERVISOR=$supervisor" --env "SLUICE_CLOCK=$clock" \
    --env "SLUICE_NODE_IMAGE=$SLUICE_NODE_IMAGE" --env "SLUICE_TOOLS_VOLUME=$tools" --env "SLUICE_HOST_SOCKET=$socket" \
    --env DOCKER_CONFIG=/run/sluice/docker --env HOME=/run/sluice --env "NODE_COMPILE_CACHE=$root/compile-cache" \
    --env PATH=/usr/local/libexec/docker/cli-plugins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    --entrypoint node "$SLUICE_NODE_IMAGE" --disable-warning=ExperimentalWarning /deploy/src/main.ts > "$scratch/out"
  docker cp "$program" "$supervisor:/deploy" > "$scratch/out" 2>&1
  code=0
  docker start --attach --interactive "$supervisor" || code=$?
  state=$(docker container inspect --format '{{.State.Running}} {{.State.ExitCode}}' "$supervisor" 2> "$scratch/out") || state=lost
  case $state in
    false*) code=${state#false } ;;
    *) code=$(follow) ;;
  esac
  case $code in
    [0-4]) ;;
    *)
      echo "sluice: the supervisor was ended from outside (exit code $code): status shows what it left, the next call undoes it" >&2
      code=3
      ;;
  esac
  [ -z "${SLUICE_SETUP:-}" ] || [ "$code" != 0 ] || prepare enable
  [ -n "${SLUICE_KEEP:-}" ] || [ "$code" = 4 ] || docker rm --volumes "$supervisor" > "$scratch/out" 2>&1 || true
  exit "$code"
}

# Only what is given counts: no agent, no configuration, no password, no host key that is not in the file.
connect() {
  # shellcheck disable=SC2086 # three words
  set -- $SLUICE_TARGET
  install -m 0400 "$SLUICE_SSH_KEY" "$scratch/key"
  ssh -F /dev/null -f -N -T -L "$scratch/docker.sock:$socket" -i "$scratch/key" -l "$1" -p "$3" \
    -o IdentitiesOnly=yes -o IdentityAgent=none -o ForwardAgent=no -o BatchMode=yes -o PasswordAuthentication=no \
    -o StrictHostKeyChecking=yes -o "UserKnownHostsFile=$SLUICE_KNOWN_HOSTS" -o GlobalKnownHostsFile=/dev/null -o UpdateHostKeys=no \
    -o ExitOnForwardFailure=yes -o ConnectTimeout=15 -o ServerAliveInterval=5 -o ServerAliveCountMax=6 \
    -o "ControlMaster=yes" -o "ControlPath=$scratch/control" -o LogLevel=ERROR \
    -- "$2" < /dev/null > "$scratch/ssh" 2>&1 || {
    sed 's/^/sluice: ssh: /' "$scratch/ssh" >&2
    if grep -q 'Host key verification failed\|No .* host key is known\|IDENTIFICATION HAS CHANGED' "$scratch/ssh"; then
      fail "the host key of $2 is not the one in known-hosts: compare it before you trust it"
    fi
    fail "no connection to $1@$2 port $3"
  }
  export DOCKER_HOST="unix://$scratch/docker.sock"
}

# setup alone needs a shell on the host: the only remote command there is, and it is this text. A new connection, because the group is new.
prepare() {
  if [ -z "${SLUICE_TARGET:-}" ]; then
    echo "sluice: Docker's socket alone makes nobody root: run \"sudo sh deploy/setup.sh $1\" on this machine, unless you have" >&2
    return 0
  fi
  # shellcheck disable=SC2086 # three words
  set -- "$1" $SLUICE_TARGET
  ssh -F /dev/null -o "ControlPath=$scratch/control" -l "$2" -p "$4" -- "$3" \
    "if [ \"\$(id -u)\" = 0 ]; then exec sh -s $1; else exec sudo -n sh -s $1; fi" < "$program/setup.sh" ||
    fail "setup needs root on the host: the user must be root, or sudo must not ask for a password"
  [ "$1" = enable ] && return 0
  disconnect
  connect
}

reach() {
  before=$(date +%s)
  if docker info --format '{{.SystemTime}}' > "$scratch/out" 2>&1; then
    # The host's clock lies between the two, or it is wrong: however long it took to ask.
    clock="$before $(cat "$scratch/out") $(date +%s)"
    return
  fi
  fail "the host answers, but not its Docker: run setup; the user must be in the group docker, and sshd must allow AllowStreamLocalForwarding ($(tail -n 1 "$scratch/out"))"
}

image() {
  docker image inspect "$1" > "$scratch/out" 2>&1 || docker pull --quiet "$1" > "$scratch/out" 2>&1 ||
    fail "the host cannot pull $1: $(tail -n 1 "$scratch/out")"
}

# Once a host. An empty volume that is made afterwards says that the first one is whole.
unpack() {
  image "$SLUICE_TOOLS_IMAGE"
  docker run --rm --volume "$tools:/tools" --network none --entrypoint cp "$SLUICE_TOOLS_IMAGE" \
    /usr/local/bin/docker /usr/local/libexec/docker/cli-plugins/docker-compose /tools/ > "$scratch/out" 2>&1 ||
    fail "the tools could not be unpacked: $(tail -n 1 "$scratch/out")"
  docker volume create "$tools-whole" > "$scratch/out"
}

# The connection was cut, or the host went down: the supervisor goes on, so look for it for a minute and more, as long as a reboot takes.
follow() {
  tries=0
  while [ "$tries" -lt 12 ]; do
    tries=$((tries + 1))
    sleep 5
    if [ -n "${SLUICE_TARGET:-}" ]; then
      disconnect
      (connect) 2> /dev/null || continue
    fi
    if code=$(docker wait "$supervisor" 2> "$scratch/out"); then
      echo 'sluice: the connection was cut; this is what the supervisor printed meanwhile and before' >&2
      docker logs "$supervisor" >&2 || true
      echo "$code"
      return
    fi
  done
  echo 'sluice: the connection is cut; the supervisor goes on without it: ask status, or call again, which mends what is left' >&2
  echo 4
}

disconnect() {
  [ ! -S "$scratch/control" ] || ssh -F /dev/null -o "ControlPath=$scratch/control" -O exit host > /dev/null 2>&1 || true
  rm -f "$scratch/docker.sock" "$scratch/control"
}

leave() {
  disconnect
  rm -rf "$scratch"
}

fail() {
  echo "sluice: $1" >&2
  exit 4
}

main
