/** Looks for secrets wherever a deploy leaves something: on the host, in its containers, in what its callers were told. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type EphemeralHost, must, root } from './host.ts';
import type { Rehearsal } from './rehearsal.ts';

/** The values of all secret files of a host: what is long enough to be one. */
export function secretsOf(host: EphemeralHost): string[] {
  const text = host.exec('sh', '-c', `find ${root}/secrets -type f -exec cat {} + -exec echo {} +`);
  return [...new Set(text.match(/[0-9a-f]{64}/g) ?? [])];
}

/** Lines of a private key, without its frame, and without what all keys of OpenSSH begin with. */
export function keyLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^(?!b3BlbnNzaC1rZXkt)[A-Za-z0-9+/=]{40,}$/.test(line));
}

/**
 * Where any of these values stands, as lines of text; empty where none does. `said` is what callers saw. Looked at: every file below the state's
 * directory but the secrets themselves, the host's logs, its users' homes, /tmp, the definition and the log of every container, every image's
 * history, the command line of every process, and its environment, but PostgreSQL's own: its image hands it the file's password that way, and
 * who may read the one may read the other.
 */
export function placesOf(values: string[], host: EphemeralHost, said: string): string[] {
  must(
    'docker',
    'exec',
    host.name,
    'sh',
    '-c',
    'umask 077; mkdir -p /run/search; printf "%s\\n" "$@" > /run/search/values',
    'sh',
    ...values,
  );
  const script = `
    cd /run/search
    grep -rlF -f values ${root} /var/log /home /root /tmp /etc --exclude-dir=secrets | sed 's/^/file /'
    for id in $(docker ps -aq); do
      docker inspect "$id" | grep -qF -f values && echo "docker inspect $(docker inspect --format '{{.Name}}' "$id")"
      docker logs "$id" 2>&1 | grep -qF -f values && echo "docker logs $(docker inspect --format '{{.Name}}' "$id")"
    done
    for id in $(docker images -q | sort -u); do
      docker image inspect "$id" | grep -qF -f values && echo "image $id"
      docker history --no-trunc "$id" | grep -qF -f values && echo "history of image $id"
    done
    for process in /proc/[0-9]*; do
      [ "$(readlink "$process/exe")" != /usr/bin/grep ] || continue
      for part in environ cmdline; do
        [ "$part $(cat "$process/comm" 2> /run/null)" != 'environ postgres' ] || continue
        tr '\\0' '\\n' 2> /run/null < "$process/$part" | grep -qF -f values && echo "$process/$part: $(tr '\\0' ' ' < "$process/cmdline" | cut -c1-80)"
      done
    done
    rm -rf /run/search`;
  const places = host.exec('sh', '-c', script).split('\n').filter(Boolean);
  const told = values.filter((value) => said.includes(value)).map((value) => `told to a caller: ${value.slice(0, 4)}…`);
  return [...places, ...told];
}

/** Fails where a secret of the host, the caller's SSH key or one of `more` is found; and where one that is planted is not. */
export function searchForSecrets(at: Rehearsal, more: string[] = []): void {
  const values = [...secretsOf(at.host), ...keyLines(at.host.access.key), ...more];
  assert.ok(values.length >= 8, `${values.length} values to look for`);
  assert.deepEqual(placesOf(values, at.host, at.said), []);
  // That the search would find one.
  at.host.exec('sh', '-c', 'printf %s "$1" > "$2/journals/planted"', 'sh', values[0]!, root);
  assert.deepEqual(placesOf(values, at.host, `${at.said}${values[1]}`), [
    `file ${root}/journals/planted`,
    `told to a caller: ${values[1]!.slice(0, 4)}…`,
  ]);
  at.host.exec('rm', `${root}/journals/planted`);
  at.note('search for secrets', `${values.length} values, found nowhere but in their files`);
}
