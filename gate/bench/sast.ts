/**
 * The figures of docs/sast.md: `node gate/bench/sast.ts [folder …]` prints caught, false and seconds for each labelled folder.
 * Default: both parts of the corpus.
 */
import { resolve, join } from 'node:path';
import { findings, score, type Counts } from '../test/sast/score.ts';

const corpus = join(import.meta.dirname, '../test/sast');
const folders = process.argv.slice(2).map((folder) => resolve(folder));

for (const folder of folders.length > 0 ? folders : [join(corpus, 'corpus'), join(corpus, 'held-back')]) {
  const started = performance.now();
  const { byClass, single, crossFile, elsewhere, harmless } = score(await findings(folder), folder);
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${folder}`);
  for (const [name, counts] of byClass) console.log(row(name, counts));
  console.log(row('all', single));
  console.log(row('across files', crossFile));
  console.log(`elsewhere ${elsewhere}, in harmless files ${harmless}; ${seconds.toFixed(1)} s`);
}

function row(name: string, { defects, caught, lookalikes, falseAlarms }: Counts): string {
  return `${name.padEnd(26)} caught ${caught}/${defects}  false ${falseAlarms}/${lookalikes}`;
}
