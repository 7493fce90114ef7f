/** How containers reach a company's registries: an .npmrc and extra CA certificates, mounted while a command needs them and in no layer. */
import { type Container, dag, type File, type Secret } from '@dagger.io/dagger';

export interface Access {
  npmrc?: Secret;
  caCertificates?: File;
}

const npmrcPath = '/run/secrets/npmrc';
const caPath = '/run/sluice/ca-certificates.pem';

/** Runs a command that downloads packages: with the download cache and the means of access, all of which leave with it. */
export function downloading(
  access: Access,
  cache: string,
  command: (container: Container) => Container,
): (container: Container) => Container {
  return (container) =>
    container
      .withMountedCache(cache, dag.cacheVolume(`sluice${cache.replaceAll('/', '-')}`))
      .with(withAccess(access))
      .with(command)
      .with(withoutAccess(access))
      .withoutMount(cache);
}

function withAccess({ npmrc, caCertificates }: Access): (container: Container) => Container {
  return (container) => {
    if (npmrc) {
      container = container.withMountedSecret(npmrcPath, npmrc).withEnvVariable('NPM_CONFIG_USERCONFIG', npmrcPath);
    }
    return container.with(withCertificates({ caCertificates }));
  };
}

/** Makes Node trust the extra certificates. */
export function withCertificates({ caCertificates }: Access): (container: Container) => Container {
  return (container) =>
    caCertificates
      ? container.withMountedFile(caPath, caCertificates).withEnvVariable('NODE_EXTRA_CA_CERTS', caPath)
      : container;
}

function withoutAccess({ npmrc, caCertificates }: Access): (container: Container) => Container {
  return (container) => {
    if (npmrc) container = container.withoutMount(npmrcPath).withoutEnvVariable('NPM_CONFIG_USERCONFIG');
    if (caCertificates) container = container.withoutMount(caPath).withoutEnvVariable('NODE_EXTRA_CA_CERTS');
    return container;
  };
}

/** The same for a Dockerfile, which asks for them by `RUN --mount=type=secret,id=npmrc` and `id=ca-certificates`. */
export async function buildSecrets({ npmrc, caCertificates }: Access): Promise<Secret[]> {
  const secrets: Secret[] = [];
  if (npmrc) secrets.push(dag.setSecret('npmrc', await npmrc.plaintext()));
  if (caCertificates) secrets.push(dag.setSecret('ca-certificates', await caCertificates.contents()));
  return secrets;
}
