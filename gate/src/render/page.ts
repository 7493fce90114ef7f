/** `index.html`: the whole verdict on one page that needs nothing but itself. */
import type { Verdict } from '../model.ts';
import { html } from './escape.ts';

/** The whole document. */
export function renderPage(verdict: Verdict): string {
  return `<!doctype html><title>${html(verdict.status)}</title>`;
}
