/** The files that the stage config plants: Trivy must find what is wrong with them, or its checks did not run. */

/** Where each lies, and the check that it must fail. */
export const plantedConfiguration: Record<string, string> = {
  Dockerfile: 'DS-0002',
  'deployment.yaml': 'KSV-0017',
};

/** A Dockerfile whose container runs as root, and a privileged pod. */
export function plantConfiguration(): Record<keyof typeof plantedConfiguration, string> {
  return {
    Dockerfile: 'FROM registry.example/base:1\nUSER root\n',
    'deployment.yaml': [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: { name: planted }',
      'spec:',
      '  containers:',
      '    - { name: planted, image: registry.example/base:1, securityContext: { privileged: true } }',
      '',
    ].join('\n'),
  };
}
