/** All migrations, oldest first. Append here; never edit or remove one that was released (see ../README.md). */
import { Releases1763800000000 } from './1763800000000-releases.js';

export const migrations = [Releases1763800000000];
