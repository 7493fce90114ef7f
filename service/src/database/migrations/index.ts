/** All migrations, oldest first. Append here; never edit or remove one that was released (see service/README.md). */
import { Releases1763800000000 } from './1763800000000-releases.js';
import { Deployments1763800001000 } from './1763800001000-deployments.js';
import { ReleaseDocuments1763800002000 } from './1763800002000-release-documents.js';

export const migrations = [Releases1763800000000, Deployments1763800001000, ReleaseDocuments1763800002000];
