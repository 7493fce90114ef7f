/** A tool's report as it lies there, and the mistakes that make it useless as evidence. */
import type { z } from 'zod';

/** Characters of JSON up to which the text is kept beside what was read of it. */
const largest = 16_000_000;

/** A report that can't be trusted as evidence; the message says what it is instead, in one line that starts with the file's name. */
export class UnreadableReport extends Error {
  override name = 'UnreadableReport';
}

/** One report file; its JSON is parsed once, however many readers look at it. */
export class Report {
  readonly fileName: string;
  #text: string;
  #json: { value: unknown } | { error: UnreadableReport } | undefined;

  constructor(fileName: string, content: Uint8Array | string) {
    this.fileName = fileName;
    // A byte order mark is Windows tools' habit, no mistake.
    this.#text = (typeof content === 'string' ? content : new TextDecoder().decode(content)).replace(/^\uFEFF/, '');
  }

  /** The whole text; of a large one that was read as JSON only how it begins, since nobody needs it in both forms. */
  get text(): string {
    return this.#text;
  }

  /** @throws UnreadableReport for what is empty, truncated or no JSON at all */
  json(): unknown {
    this.#json ??= this.#parse();
    if ('error' in this.#json) throw this.#json.error;
    return this.#json.value;
  }

  /** The JSON, or undefined where there is none: for readers that only look whether a report is theirs. */
  jsonIfAny(): unknown {
    this.#json ??= this.#parse();
    return 'error' in this.#json ? undefined : this.#json.value;
  }

  /** The JSON in the shape that a reader needs. @throws UnreadableReport that names the first place where it differs */
  shaped<Schema extends z.ZodType>(schema: Schema, title: string): z.output<Schema> {
    const result = this.#checked(schema, this.json(), title);
    if (result.success) return result.data;
    throw this.#differs(title, result.error.issues[0]!.path, result.error, this.looksLike());
  }

  /**
   * The items of a list, checked one by one and forgotten once they are handed out: so a large report is in memory once, not three times.
   * Can be asked for once.
   * @throws UnreadableReport that names the first place where it differs
   */
  *items<Schema extends z.ZodType>(schema: Schema, title: string): Generator<z.output<Schema>> {
    const list = this.json();
    if (!Array.isArray(list)) throw new UnreadableReport(`${this.fileName} is not ${title}: it is ${this.looksLike()}`);
    const what = this.looksLike();
    for (let i = 0; i < list.length; i += 1) {
      const result = this.#checked(schema, list[i], title);
      if (!result.success) throw this.#differs(title, [i, ...result.error.issues[0]!.path], result.error, what);
      list[i] = undefined;
      yield result.data;
    }
  }

  /** Zod's stack overflows on a report with a hundred thousand mistakes, or nested as deeply. */
  #checked<Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    title: string,
  ): z.ZodSafeParseResult<z.output<Schema>> {
    try {
      return schema.safeParse(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UnreadableReport(`${this.fileName} is not ${title}: all too much of it is of another shape`);
    }
  }

  #differs(title: string, path: PropertyKey[], { issues }: z.ZodError, what: string): UnreadableReport {
    const where = path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${String(key)}`));
    const place = where.length > 0 ? `${where.join('')}: ` : '';
    return new UnreadableReport(`${this.fileName} is not ${title}: ${place}${issues[0]!.message} (it is ${what})`);
  }

  /** What it is, in a few words, for a message about what it is not. */
  looksLike(): string {
    const value = this.jsonIfAny();
    if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
    if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value);
      return keys.length === 0
        ? 'an empty object'
        : `an object with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', …' : ''}`;
    }
    const line = this.text.trim().split('\n')[0]!;
    return `text that begins with "${line.slice(0, 60)}${line.length > 60 ? '…' : ''}"`;
  }

  #parse(): { value: unknown } | { error: UnreadableReport } {
    if (this.text.trim() === '') return { error: new UnreadableReport(`${this.fileName} is empty`) };
    try {
      const value: unknown = JSON.parse(this.text);
      // Through bytes: a mere slice would keep the whole text in memory.
      if (this.#text.length > largest) this.#text = Buffer.from(this.#text.slice(0, 1000)).toString();
      return { value };
    } catch (error) {
      const { message } = error as SyntaxError;
      const what = endsTooEarly(this.text, message) ? 'truncated' : 'not JSON';
      return {
        error: new UnreadableReport(
          `${this.fileName} is ${what}: it is ${this.text.length} characters long, and ${lowerFirst(message.split('\n')[0]!)}`,
        ),
      };
    }
  }
}

/** The engine names the place where it gave up: at the very end something is missing, elsewhere something is wrong. */
function endsTooEarly(text: string, message: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  if (/Unexpected end|Unterminated/.test(message)) return true;
  const place = /at position (\d+)/.exec(message);
  return place !== null && Number(place[1]) >= text.trimEnd().length;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
