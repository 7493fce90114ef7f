/** setup: what must lie on the host before the first deploy: the settings, and a unit that brings the stack to rest after a reboot. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from './audit.ts';
import { change, type Result } from './change.ts';
import { readIfThere, writeDurably } from './durable.ts';
import type { Host } from './host.ts';
import { Mistake } from './mistake.ts';
import type { SetupRequest } from './request.ts';
import { composeFiles, parseSettings } from './settings.ts';

export function setup(host: Host, request: SetupRequest, supervisor: string): Promise<Result> {
  if (request.settings !== undefined) composeFiles(parseSettings(request.settings, 'settings'));
  return change(host, request, supervisor, () => {
    const known = readIfThere(host.paths.settings);
    const settings = request.settings ?? known ?? '';
    if (settings !== known) writeDurably(host.paths.settings, settings, 0o644);
    const program = join(host.paths.root, 'program');
    mkdirSync(program, { recursive: true });
    cpSync(join(import.meta.dirname), join(program, 'src'), { recursive: true });
    writeDurably(join(program, 'sluice-mend.service'), unit(host.paths.root), 0o644);
    audit(host, { actor: request.actor, action: 'setup', outcome: 'done', environment: request.environment });
    const what =
      settings === known
        ? 'settings.env stays as it was'
        : known === undefined
          ? 'settings.env written'
          : 'settings.env replaced';
    return Promise.resolve({ outcome: 'done' as const, message: `the host is ready: ${what}` });
  });
}

/** Docker starts the containers again after a reboot; this undoes what the reboot cut off, and proves that the recorded version serves. */
function unit(root: string): string {
  const { SLUICE_NODE_IMAGE: node, SLUICE_TOOLS_VOLUME: tools, SLUICE_HOST_SOCKET: socket } = process.env;
  if (!node || !tools || !socket)
    throw new Mistake('setup is called by client.sh, which says what the supervisor runs on');
  const plugins = '/usr/local/libexec/docker/cli-plugins';
  return `[Unit]
Description=Sluice: brings the stack to rest after a reboot
After=docker.service network-online.target
Wants=network-online.target
Requires=docker.service

[Service]
Type=oneshot
TimeoutStartSec=900
ExecStartPre=-/usr/bin/docker rm --force sluice-mend
ExecStart=/usr/bin/docker run --rm --name sluice-mend --label sluice.supervisor=true --network host \\
  --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --security-opt no-new-privileges \\
  --tmpfs /run/sluice:rw,noexec,nosuid,nodev,size=1m,mode=0700 \\
  --volume ${socket}:/var/run/docker.sock --volume ${root}:${root} --volume ${tools}:${plugins}:ro \\
  --env SLUICE_ROOT=${root} --env SLUICE_SUPERVISOR=sluice-mend --env DOCKER_CONFIG=/run/sluice/docker --env HOME=/run/sluice \\
  --env PATH=${plugins}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
  --entrypoint node ${node} --disable-warning=ExperimentalWarning ${root}/program/src/main.ts mend

[Install]
WantedBy=multi-user.target
`;
}
