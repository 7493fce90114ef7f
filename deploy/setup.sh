#!/bin/sh
# Runs on the host, as root, and may be repeated: what a release needs before the first deploy. Read from standard input over SSH.
#   sh -s install    Docker, its service, the group for the user who came here, the directory of the state
#   sh -s enable     the unit that brings the stack to rest after a reboot
set -eu
root=/var/lib/sluice

case ${1:-} in
  install)
    if ! command -v docker > /dev/null; then
      if command -v dnf > /dev/null; then dnf install -y docker
      elif command -v apt-get > /dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq docker.io
      else echo 'setup: neither dnf nor apt-get is here: install Docker 20.10 or newer, then repeat' >&2; exit 1
      fi
    fi
    if command -v systemctl > /dev/null && [ -d /run/systemd/system ]; then systemctl enable --now docker; fi
    docker version --format 'Docker {{.Server.Version}}'
    if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then usermod --append --groups docker "$SUDO_USER"; fi
    mkdir -p "$root"
    chmod 0755 "$root"
    ;;
  enable)
    if command -v systemctl > /dev/null && [ -d /run/systemd/system ]; then
      install -m 0644 "$root/program/sluice-mend.service" /etc/systemd/system/sluice-mend.service
      systemctl daemon-reload
      systemctl enable sluice-mend.service
    else
      echo 'setup: no systemd here: after a reboot containers come back by Docker alone' >&2
    fi
    ;;
  *)
    echo 'setup: say what to do: install or enable' >&2
    exit 2
    ;;
esac
