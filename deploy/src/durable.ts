/** Files that survive a power cut: whole or not at all, and on the disk before the next step begins. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file: written beside it, synced, renamed, and the directory synced. Throws what the file system says. */
export function writeDurably(path: string, text: string, mode = 0o600): void {
  const part = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true });
  write(part, 'w', text, mode);
  renameSync(part, path);
  syncDirectory(dirname(path));
}

/** Appends a line. */
export function appendDurably(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true });
  write(path, 'a', `${line}\n`, 0o600);
}

/** Removes a file, and makes sure that it stays removed. */
export function removeDurably(path: string): void {
  rmSync(path, { force: true });
  syncDirectory(dirname(path));
}

/** What a file holds; undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function write(path: string, flags: string, text: string, mode: number): void {
  const file = openSync(path, flags, mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
