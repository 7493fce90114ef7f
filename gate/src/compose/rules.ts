/**
 * What Sluice asks of a service in a Compose file, by the rendered model: Trivy does not read Compose. The repository's own stack is
 * held to the same rules by compose/test/policy.spec.ts; docs/config.md lists them for readers.
 */
import type { Severity } from '../model.ts';
import { mountsOf, networksOf, type Service } from './model.ts';

export interface ComposeRule {
  /** What findings and waivers call it. */
  id: string;
  severity: Severity;
  /** What every service must have: "an image by digest". */
  wants: string;
  /** What is wrong with a service, or nothing. */
  problem(service: Service): string | undefined;
}

export const composeRules: readonly ComposeRule[] = [
  {
    id: 'compose-image-digest',
    severity: 'high',
    wants: 'an image by digest',
    problem: ({ image, build }) =>
      /@sha256:[0-9a-f]{64}$/.test(image ?? '') || build !== undefined ? undefined : `image is ${image ?? 'missing'}`,
  },
  {
    id: 'compose-root-user',
    severity: 'high',
    wants: 'a user who is not root',
    problem: ({ user }) =>
      user === undefined || user === '' || /^(root|0+)(:|$)/.test(user) ? `user is ${user || 'missing'}` : undefined,
  },
  {
    id: 'compose-writable-root',
    severity: 'high',
    wants: 'a read-only root',
    problem: ({ read_only }) => (read_only === true ? undefined : 'read_only is not true'),
  },
  {
    id: 'compose-capabilities',
    severity: 'high',
    wants: 'no capabilities',
    problem: ({ cap_drop, cap_add }) =>
      cap_drop?.includes('ALL') && (cap_add ?? []).length === 0 ? undefined : 'cap_drop is not ALL, or cap_add is set',
  },
  {
    id: 'compose-new-privileges',
    severity: 'high',
    wants: 'no new privileges',
    problem: ({ security_opt }) =>
      security_opt?.some((option) => /^no-new-privileges([:=]true)?$/.test(option))
        ? undefined
        : 'security_opt lacks no-new-privileges:true',
  },
  {
    id: 'compose-privileged',
    severity: 'critical',
    wants: 'a container that is not privileged',
    problem: ({ privileged }) => (privileged === true ? 'privileged is true' : undefined),
  },
  {
    id: 'compose-shared-namespace',
    severity: 'high',
    wants: 'namespaces of its own',
    problem: ({ network_mode, pid, ipc }) =>
      [network_mode, pid, ipc].every((mode) => mode === undefined || ['none', 'private', 'bridge'].includes(mode))
        ? undefined
        : "it shares the host's or another's",
  },
  {
    id: 'compose-docker-socket',
    severity: 'critical',
    wants: 'no way to the Docker socket',
    problem: (service) =>
      mountsOf(service).some(({ source, target }) => `${source ?? ''} ${target}`.includes('docker.sock'))
        ? 'it has the socket'
        : undefined,
  },
  {
    id: 'compose-secret-variable',
    severity: 'high',
    wants: 'no secret among its variables',
    problem: ({ environment }) => {
      const names = Object.entries(environment ?? {})
        .filter(([name, value]) => /PASSWORD|SECRET|TOKEN|PASS\b/.test(name) && !/_FILE$/.test(name) && value)
        .map(([name]) => name);
      return names.length === 0 ? undefined : `${names.join(', ')} holds one: use a file`;
    },
  },
  {
    id: 'compose-writable-bind',
    severity: 'medium',
    wants: 'mounts from the host that it cannot write',
    problem: (service) => {
      const writable = mountsOf(service).filter(({ type, read_only }) => type === 'bind' && read_only !== true);
      return writable.length === 0 ? undefined : `it may write to ${writable.map(({ target }) => target).join(', ')}`;
    },
  },
  {
    id: 'compose-public-port',
    severity: 'medium',
    wants: 'ports on loopback',
    problem: ({ ports }) => {
      const open = (ports ?? []).filter((port) =>
        typeof port === 'string' ? !port.startsWith('127.0.0.1:') : port.host_ip !== '127.0.0.1',
      );
      return open.length === 0
        ? undefined
        : `it publishes ${open.map((port) => (typeof port === 'string' ? port : port.target)).join(', ')} on every address`;
    },
  },
  {
    id: 'compose-memory-limit',
    severity: 'medium',
    wants: 'a memory limit',
    problem: ({ mem_limit, deploy }) =>
      mem_limit || deploy?.resources?.limits?.memory ? undefined : 'mem_limit is missing',
  },
  {
    id: 'compose-cpu-limit',
    severity: 'medium',
    wants: 'a CPU limit',
    problem: ({ cpus, deploy }) => (cpus || deploy?.resources?.limits?.cpus ? undefined : 'cpus is missing'),
  },
  {
    id: 'compose-process-limit',
    severity: 'medium',
    wants: 'a limit of processes',
    problem: ({ pids_limit, deploy }) =>
      (pids_limit ?? deploy?.resources?.limits?.pids ?? 0) > 0 ? undefined : 'pids_limit is missing',
  },
  {
    id: 'compose-healthcheck',
    severity: 'medium',
    wants: 'a health check',
    problem: ({ healthcheck }) =>
      healthcheck?.disable !== true && (healthcheck?.test ?? []).length > 0 ? undefined : 'healthcheck is missing',
  },
  {
    id: 'compose-log-rotation',
    severity: 'medium',
    wants: 'a log that is rotated',
    problem: ({ logging }) =>
      (logging?.driver ?? 'json-file') !== 'json-file' ||
      (logging?.options?.['max-size'] && logging.options['max-file'])
        ? undefined
        : 'logging has no limit',
  },
  {
    id: 'compose-restart',
    severity: 'low',
    wants: 'a policy of restarts',
    problem: ({ restart }) => (restart ? undefined : 'restart is missing'),
  },
  {
    id: 'compose-default-network',
    severity: 'low',
    wants: 'networks by name',
    problem: (service) =>
      service.network_mode !== undefined || networksOf(service).some((name) => name !== 'default')
        ? undefined
        : "it is on Compose's default network",
  },
];
