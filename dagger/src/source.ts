/** What of a repository no stage reads. A change of it alone changes no argument of a function, and so runs nothing. */

/** Patterns for `@argument({ ignore })`, later ones first: of `.git` only what tells the commit stays, and what it holds. */
export const unread = [
  '**/node_modules',
  '**/dist',
  '**/*.tsbuildinfo',
  'coverage',
  'reports',
  '.data',
  '**/.env',
  'compose/secrets',
  '.git/*',
  '!.git/HEAD',
  '!.git/packed-refs',
  '!.git/objects',
  '!.git/refs',
  '.git/refs/*',
  '!.git/refs/heads',
  '.github',
  '*.md',
  'docs/**/*.md',
  'LICENSE',
];
