/** Makes text that tools reported harmless where it is shown: findings quote the judged code, and anyone may have written that. */

/** Control characters, and the marks that turn the direction of text around (they make code look like what it is not). */
// eslint-disable-next-line no-control-regex -- control characters are what is removed
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** For a terminal: no escape sequences; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(unprintable, '');
}

/** One line for a terminal, at most so many characters. */
export function printableLine(text: string, longest = Infinity): string {
  const characters = [...printable(text).replace(/\s+/g, ' ').trim()];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : characters.join('');
}

/** For Markdown, also inside a table: no markup, no HTML, no link, no mention of a person, no line break. */
export function markdown(text: string, longest = Infinity): string {
  return printableLine(text, longest)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$^]/g, '\\$&')
    .replace(/^([-=]|\d+\.)/, '\\$1')
    .replaceAll('://', '&#58;//')
    .replace(/\bwww\./gi, 'www&#46;')
    .replaceAll('@', '@\u2060');
}

/** For HTML, in text and in quoted attributes. */
export function html(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
