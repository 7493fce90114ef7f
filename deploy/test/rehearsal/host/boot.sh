#!/bin/sh
# PID 1 of the ephemeral host. A restart of its container is a reboot: what was in /run is gone, what was on the disk stays.
set -e
rm -rf /run/docker /run/docker.pid /run/docker.sock /run/containerd /run/sshd.pid
# Its first boot: images that an earlier rehearsal pulled stay, its containers do not come back.
[ -e /booted ] || rm -rf /var/lib/docker/containers /var/lib/docker/network
touch /booted
mkdir -p /run/sshd
/usr/sbin/sshd -E /var/log/sshd.log
# Address ranges of its own, so that the registry outside stays reachable.
# shellcheck disable=SC2046 # one option a registry
exec dockerd --storage-driver overlay2 --bip 10.201.0.1/24 --default-address-pool base=10.202.0.0/16,size=24 \
  $(printf -- '--insecure-registry %s ' $INSECURE_REGISTRIES) > /var/log/dockerd.log 2>&1
