/** Follows a value backwards, from where it is used to where it comes from, through one file. The parts of the way are in flow/. */
import { elements } from './declared-types.ts';
import { throughCall } from './flow/calls.ts';
import { requestParts } from './flow/known.ts';
import { type At, type Question, type Walk, whole } from './flow/question.ts';
import { isRequest } from './flow/requests.ts';
import { holdsSecret, isWholeSecret } from './flow/secrets.ts';
import { summands, throughPieces } from './flow/texts.ts';
import { throughField, throughName } from './flow/variables.ts';
import { isGuarded, together } from './guards.ts';
import { isNamed, namesOf } from './names.ts';
import { isSecretName } from './secret-names.ts';
import { bare, type Node, propertyName, type Source } from './syntax.ts';

export type { Question } from './flow/question.ts';

const furthest = 40;

export class Flow implements Walk {
  readonly source: Source;
  readonly question: Question;
  readonly #use: Node;
  readonly #active = new Set<string>();
  /** How many steps back put a longer text together. */
  #compositions = 0;

  /** `use` is the place where the value would do harm. */
  constructor(source: Source, question: Question, use: Node) {
    this.source = source;
    this.question = question;
    this.#use = use;
  }

  /** Where the value comes from, if that is what the question asks for. */
  origin(node: Node): Node | undefined {
    return this.reach(node, { path: [], bound: new Map(), depth: 0 });
  }

  asking(from: Question['from'], node: Node): Node | undefined {
    return new Flow(this.source, { ...this.question, from }, this.#use).origin(node);
  }

  reach(given: Node, at: At): Node | undefined {
    const node = bare(given);
    const key = `${node.range.join()}:${at.path.join('.')}:${at.bound.size}`;
    if (at.depth > furthest || this.#active.has(key)) return undefined;
    this.#active.add(key);
    try {
      return this.#step(node, { ...at, depth: at.depth + 1 });
    } finally {
      this.#active.delete(key);
    }
  }

  any(nodes: readonly (Node | null)[], at: At): Node | undefined {
    for (const node of nodes) {
      const found = node && this.reach(node, at);
      if (found) return found;
    }
    return undefined;
  }

  composing<Found>(find: () => Found): Found {
    this.#compositions += 1;
    try {
      return find();
    } finally {
      this.#compositions -= 1;
    }
  }

  get isComposing(): boolean {
    return this.#compositions > 0;
  }

  isChecked(node: Node): boolean {
    const written = this.source.text(node);
    const { guards } = this.question;
    if (isGuarded(written, node, guards, this.source)) return true;
    return together(node, this.#use) && isGuarded(written, this.#use, guards, this.source);
  }

  #step(node: Node, at: At): Node | undefined {
    const { from, fixedPrefix } = this.question;
    switch (node.type) {
      case 'Identifier':
        return throughName(this, node, at);
      case 'MemberExpression':
        return this.#member(node, at);
      case 'TemplateLiteral':
        if (from === 'object') return undefined;
        return throughPieces(
          this,
          node.quasis.flatMap((quasi, i) => [quasi.value.raw, ...(node.expressions[i] ? [node.expressions[i]] : [])]),
          at,
        );
      case 'BinaryExpression':
        if (node.operator !== '+' || from === 'object') return undefined;
        if (fixedPrefix) return throughPieces(this, summands(node, this.source), at);
        return this.composing(() => this.any([node.left as Node, node.right], whole(at)));
      case 'LogicalExpression':
        return this.any(node.operator === '&&' ? [node.right] : [node.left, node.right], at);
      case 'ConditionalExpression':
        return this.any([node.consequent, node.alternate], at);
      case 'AssignmentExpression':
        return this.reach(node.right, at);
      case 'SequenceExpression':
        return this.any(node.expressions.slice(-1), at);
      case 'SpreadElement':
        return this.reach(node.argument, at);
      case 'ArrayExpression':
        return this.any(node.elements, { ...at, path: at.path.slice(at.path[0] === elements ? 1 : 0) });
      case 'ObjectExpression':
        return this.#object(node, at);
      case 'CallExpression':
        return throughCall(this, node, at);
      case 'NewExpression':
        if (from === 'module' && isNamed(namesOf(node.callee, this.source), this.question.modules)) return node;
        return isNamed(namesOf(node.callee, this.source), ['URL', 'url.URL', 'Array', 'Set', 'Map', 'String'])
          ? this.any(node.arguments.slice(0, 1), whole(at))
          : undefined;
      case 'TaggedTemplateExpression':
        // A tag binds or escapes what it is given; String.raw alone does not.
        return isNamed(namesOf(node.tag, this.source), ['String.raw'])
          ? this.any(node.quasi.expressions, whole(at))
          : undefined;
      case 'YieldExpression':
        return node.argument ? this.reach(node.argument, at) : undefined;
      default:
        return undefined;
    }
  }

  #object(node: Extract<Node, { type: 'ObjectExpression' }>, at: At): Node | undefined {
    const [name, ...rest] = at.path;
    for (const one of node.properties.toReversed()) {
      if (one.type === 'SpreadElement') {
        const found = this.reach(one.argument, at);
        if (found) return found;
        continue;
      }
      if (name !== undefined) {
        if (propertyName(one) !== name) continue;
        return this.reach(one.value, { ...at, path: rest });
      }
      if (this.question.from === 'object') continue;
      if (this.question.from === 'secret' && isSecretName(propertyName(one) ?? '') && holdsSecret(this, one.value))
        return one;
      const found = this.reach(one.value, at);
      if (found) return found;
    }
    return undefined;
  }

  #member(node: Extract<Node, { type: 'MemberExpression' }>, at: At): Node | undefined {
    const { from } = this.question;
    const { path } = at;
    const name = propertyName(node);
    if (name === 'length' || name === 'size') return undefined;
    const written = this.source.text(node);
    if (from === 'secret') {
      const ofConstant = /^[A-Z]/.test(this.source.text(node.object));
      if (name !== undefined && isSecretName(name) && isWholeSecret(path) && !ofConstant) return node;
      if (path.length === 0 && /^(process\.env|\w*req(uest)?\.(headers|body|cookies))$/.test(written)) return node;
    } else if (this.isChecked(node)) {
      return undefined;
    }
    if (/^process\.(env|argv|cwd)\b/.test(written)) return undefined;
    if (node.object.type === 'ThisExpression') return throughField(this, node, name, at);
    const isPart = from !== 'secret' && from !== 'module' && name !== undefined && requestParts.test(name);
    if (isPart && isRequest(node.object, this.source))
      return from === 'object' && path.length + (name === 'body' ? 0 : 1) > 0 ? undefined : node;
    // `TABLE[key]`: what comes out was put in; the key only chooses.
    return this.reach(node.object, { ...at, path: [name ?? elements, ...path] });
  }
}
