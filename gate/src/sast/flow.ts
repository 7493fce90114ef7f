/** Follows a value backwards, from where it is used to where it comes from, through one file. */
import type { Scope } from 'eslint';
import { fieldValue, constantOf } from './constants.ts';
import { elements, shapeOf } from './declared-types.ts';
import { callersOf, localTarget } from './calls.ts';
import { type GuardKind, isGuarded, together } from './guards.ts';
import { isNamed, namesOf, typeNames } from './names.ts';
import { isSecretName, secretsIn } from './secret-names.ts';
import type { FunctionNode, Node, Source } from './syntax.ts';
import {
  annotation,
  bare,
  classAround,
  decoratorName,
  decorators,
  everyNode,
  isFunction,
  parameterName,
  propertyName,
  returned,
  typeName,
  variableOf,
} from './syntax.ts';

/** What a rule wants to know of a value. */
export interface Question {
  /**
   * - `outside`: text from outside, which is every parameter that no type makes harmless, and every part of a request
   * - `request`: the same, but only what visibly is part of a request
   * - `object`: a whole object from outside that nothing has checked
   * - `secret`: something named like a secret
   * - `module`: something made by one of `modules`
   */
  from: 'outside' | 'request' | 'object' | 'secret' | 'module';
  modules: readonly string[];
  /** Functions whose result is harmless here. */
  safe: readonly string[];
  /** Functions that hand on what they are given. */
  via: readonly string[];
  guards: readonly GuardKind[];
  /** Text behind a fixed host or a fixed first path segment is harmless. */
  fixedPrefix: boolean;
  /** Fields of the class and results of database look-ups may hold what came from outside earlier. */
  stored: boolean;
  /** A parameter counts only once it is made part of a longer text: what is handed on whole may be fixed elsewhere. */
  composed?: boolean;
  /** Parameters of any function count, not only where a server's requests arrive. */
  anywhere?: boolean;
}

/** Results that can't carry an attack, whatever went in. */
const harmless = [
  ...[
    'Number',
    'Number.*',
    'parseInt',
    'parseFloat',
    'BigInt',
    'Boolean',
    'Math.*',
    'Date.*',
    'isNaN',
    'Symbol',
    'Object.hasOwn',
  ],
  ...[
    '*.length',
    '*.test',
    '*.includes',
    '*.has',
    '*.indexOf',
    '*.startsWith',
    '*.endsWith',
    '*.getTime',
    '*.toISOString',
    '*.digest',
  ],
  ...[
    '*.charCodeAt',
    '*.size',
    '*.every',
    '*.some',
    '*.findIndex',
    '*.toFixed',
    'crypto.*',
    '*.getStatus',
    'uuid.*',
    '*nanoid',
    'Array.isArray',
  ],
];
/** Functions of the platform that hand on what they are given. */
const handsOn = [
  ...[
    'JSON.parse',
    'JSON.stringify',
    'Buffer.from',
    'Buffer.concat',
    'String',
    'String.raw',
    'Object.values',
    'Object.entries',
    'Object.keys',
  ],
  ...[
    'Object.assign',
    'Object.fromEntries',
    'Array.from',
    'Array.of',
    '*path.join',
    '*path.resolve',
    '*path.normalize',
    'join',
    'resolve',
    'normalize',
  ],
  ...[
    'path.*',
    'decodeURIComponent',
    'decodeURI',
    'encodeURI',
    'unescape',
    'atob',
    'btoa',
    'util.format',
    'structuredClone',
    'Promise.all',
  ],
  ...['Promise.resolve', '*firstValueFrom', 'rxjs.of', 'url.*', 'querystring.*', 'qs.*'],
];
const listCallbacks =
  /^(map|filter|forEach|find|findLast|some|every|flatMap|sort|toSorted|reduce|then|tap|on|once|addListener|subscribe|each|pipe)$/;
const listMutators = /^(push|unshift|add|set|append|splice|fill)$/;
const requestParts =
  /^(query|body|params|headers|cookies|signedCookies|url|originalUrl|hostname|host|rawBody|rawHeaders|file|files|get|header|param|raw|handshake|path)$/;
const fromOutside =
  /^(Body|Query|Param|Headers|Payload|MessageBody|RawBody|UploadedFiles?|HostParam|Args|Cookies?|SignedCookies)$/;
/** The types of a request, and what Nest's contexts give for one. */
const requests = [
  'Request',
  '*.Request',
  'FastifyRequest',
  '*.FastifyRequest',
  'ExpressRequest',
  'AuthenticatedRequest',
  'AuthRequest',
  'RequestWith*',
  '*IncomingMessage',
  '*.getRequest()',
];
const harmlessPipe =
  /^(ParseIntPipe|ParseFloatPipe|ParseBoolPipe|ParseUUIDPipe|ParseEnumPipe|ParseDatePipe|ParseArrayPipe|ParseObjectIdPipe|ParseMongoIdPipe)$/;
const furthest = 40;

type Bound = Map<Scope.Variable, (path: string[]) => Node | undefined>;

export class Flow {
  readonly #source: Source;
  readonly #question: Question;
  readonly #use: Node;
  readonly #active = new Set<string>();
  /** How many steps back put a longer text together. */
  #compositions = 0;

  constructor(source: Source, question: Question, use: Node) {
    this.#source = source;
    this.#question = question;
    this.#use = use;
  }

  /** Where the value comes from, if that is what the question asks for. */
  origin(node: Node): Node | undefined {
    return this.#reach(node, [], new Map(), 0);
  }

  #reach(given: Node, path: string[], bound: Bound, depth: number): Node | undefined {
    const node = bare(given);
    const key = `${node.range.join()}:${path.join('.')}:${bound.size}`;
    if (depth > furthest || this.#active.has(key)) return undefined;
    this.#active.add(key);
    try {
      return this.#step(node, path, bound, depth + 1);
    } finally {
      this.#active.delete(key);
    }
  }

  #composing<Found>(find: () => Found): Found {
    this.#compositions += 1;
    try {
      return find();
    } finally {
      this.#compositions -= 1;
    }
  }

  #any(nodes: readonly (Node | null)[], path: string[], bound: Bound, depth: number): Node | undefined {
    for (const node of nodes) {
      const found = node && this.#reach(node, path, bound, depth);
      if (found) return found;
    }
    return undefined;
  }

  #step(node: Node, path: string[], bound: Bound, depth: number): Node | undefined {
    const { from, fixedPrefix } = this.#question;
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node, path, bound, depth);
      case 'MemberExpression':
        return this.#member(node, path, bound, depth);
      case 'TemplateLiteral':
        if (from === 'object') return undefined;
        return this.#pieces(
          node.quasis.flatMap((quasi, i) => [quasi.value.raw, ...(node.expressions[i] ? [node.expressions[i]] : [])]),
          bound,
          depth,
        );
      case 'BinaryExpression':
        if (node.operator !== '+' || from === 'object') return undefined;
        if (fixedPrefix) return this.#pieces(summands(node, this.#source), bound, depth);
        return this.#composing(() => this.#any([node.left as Node, node.right], [], bound, depth));
      case 'LogicalExpression':
        return this.#any(node.operator === '&&' ? [node.right] : [node.left, node.right], path, bound, depth);
      case 'ConditionalExpression':
        return this.#any([node.consequent, node.alternate], path, bound, depth);
      case 'AssignmentExpression':
        return this.#reach(node.right, path, bound, depth);
      case 'SequenceExpression':
        return this.#any(node.expressions.slice(-1), path, bound, depth);
      case 'SpreadElement':
        return this.#reach(node.argument, path, bound, depth);
      case 'ArrayExpression':
        return this.#any(node.elements, path.slice(path[0] === elements ? 1 : 0), bound, depth);
      case 'ObjectExpression':
        return this.#object(node, path, bound, depth);
      case 'CallExpression':
        return this.#call(node, path, bound, depth);
      case 'NewExpression':
        if (from === 'module' && isNamed(namesOf(node.callee, this.#source), this.#question.modules)) return node;
        return isNamed(namesOf(node.callee, this.#source), ['URL', 'url.URL', 'Array', 'Set', 'Map', 'String'])
          ? this.#any(node.arguments.slice(0, 1), [], bound, depth)
          : undefined;
      case 'TaggedTemplateExpression':
        // A tag binds or escapes what it is given; String.raw alone does not.
        return isNamed(namesOf(node.tag, this.#source), ['String.raw'])
          ? this.#any(node.quasi.expressions, [], bound, depth)
          : undefined;
      case 'YieldExpression':
        return node.argument ? this.#reach(node.argument, path, bound, depth) : undefined;
      default:
        return undefined;
    }
  }

  /** Text put together of pieces: once the host (or the first path segment) is fixed, the rest can't change it. */
  #pieces(pieces: (string | Node)[], bound: Bound, depth: number): Node | undefined {
    let before = '';
    for (const piece of pieces) {
      const constant = typeof piece === 'string' ? piece : constantOf(piece, this.#source);
      if (constant !== undefined) {
        before += String(constant);
      } else {
        if (
          this.#question.fixedPrefix &&
          /^([a-z][a-z+.-]*:\/\/[^/?#]+[/?#]|[^/?#]*\u0000[/?#]|\/[^/\\])/i.test(before)
        )
          return undefined;
        const found = this.#composing(() => this.#reach(piece as Node, [], bound, depth));
        if (found) return found;
        before += '\u0000';
      }
    }
    return undefined;
  }

  #object(
    node: Extract<Node, { type: 'ObjectExpression' }>,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const [name, ...rest] = path;
    for (const one of node.properties.toReversed()) {
      if (one.type === 'SpreadElement') {
        const found = this.#reach(one.argument, path, bound, depth);
        if (found) return found;
        continue;
      }
      if (name !== undefined) {
        if (propertyName(one) !== name) continue;
        return this.#reach(one.value, rest, bound, depth);
      }
      if (this.#question.from === 'object') continue;
      if (this.#question.from === 'secret' && isSecretName(propertyName(one) ?? '') && this.#holdsSecret(one.value))
        return one;
      const found = this.#reach(one.value, [], bound, depth);
      if (found) return found;
    }
    return undefined;
  }

  /** `{ password: '[redacted]' }` and `{ token: mask(token) }` hold none. */
  #holdsSecret(value: Node): boolean {
    const at = bare(value);
    const [definition] = (at.type === 'Identifier' && variableOf(at, this.#source)?.defs) || [];
    if (definition && this.#hasCallers(definition)) return false;
    if (constantOf(at, this.#source) !== undefined || at.type === 'UnaryExpression' || at.type === 'BinaryExpression')
      return false;
    return (
      !(
        at.type === 'CallExpression' && isNamed(namesOf(at.callee, this.#source), [...this.#question.safe, ...harmless])
      ) && at.type !== 'ConditionalExpression'
    );
  }

  #member(
    node: Extract<Node, { type: 'MemberExpression' }>,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const { from } = this.#question;
    const name = propertyName(node);
    if (name === 'length' || name === 'size') return undefined;
    if (from === 'secret') {
      if (
        name !== undefined &&
        isSecretName(name) &&
        isWholeSecret(path) &&
        !/^[A-Z]/.test(this.#source.text(node.object))
      )
        return node;
      const written = this.#source.text(node);
      if (path.length === 0 && /^(process\.env|\w*req(uest)?\.(headers|body|cookies))$/.test(written)) return node;
      if (/^process\.env\b/.test(written)) return undefined;
    } else if (this.#checked(node)) {
      return undefined;
    }
    if (/^process\.(env|argv|cwd)\b/.test(this.#source.text(node))) return undefined;
    if (node.object.type === 'ThisExpression') return this.#field(node, name, path, bound, depth);
    if (
      from !== 'secret' &&
      from !== 'module' &&
      name !== undefined &&
      requestParts.test(name) &&
      this.#isRequest(node.object)
    ) {
      return from === 'object' && path.length + (name === 'body' ? 0 : 1) > 0 ? undefined : node;
    }
    // `TABLE[key]`: what comes out was put in; the key only chooses.
    return this.#reach(node.object, name === undefined ? [elements, ...path] : [name, ...path], bound, depth);
  }

  #isRequest(given: Node): boolean {
    const node = bare(given);
    if (node.type === 'Identifier' && /^(req|request|ctx)$/i.test(node.name)) return !this.#isCallResultOfClient(node);
    if (isNamed([...typeNames(node, this.#source), ...namesOf(node, this.#source)], requests)) return true;
    return node.type === 'MemberExpression' && propertyName(node) === 'req';
  }

  /** `const req = http.request(…)` is one of our own. */
  #isCallResultOfClient(node: Node): boolean {
    return isNamed(namesOf(node, this.#source), ['http*.request()', 'http*.get()']);
  }

  #identifier(
    node: Extract<Node, { type: 'Identifier' }>,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const { from, modules } = this.#question;
    const variable = variableOf(node, this.#source);
    const [definition] = variable?.defs ?? [];
    if (!variable || !definition) return undefined;
    if (from === 'module') {
      if (definition.type === 'ImportBinding') return isNamed(namesOf(node, this.#source), modules) ? node : undefined;
      if (this.#checked(node)) return undefined;
    } else if (from === 'secret') {
      if (
        isSecretName(node.name) &&
        isWholeSecret(path) &&
        definition.type !== 'ImportBinding' &&
        constantOf(node, this.#source) === undefined &&
        !this.#hasCallers(definition)
      )
        return node;
    } else if (this.#checked(node)) {
      return undefined;
    }
    const substitute = bound.get(variable);
    if (substitute) return substitute([...pathInPattern(definition, node.name).steps, ...path]);
    switch (definition.type) {
      case 'Parameter':
        return this.#parameter(variable, definition, path, bound, depth);
      case 'Variable':
        return this.#variable(variable, definition, path, bound, depth);
      default:
        return undefined;
    }
  }

  /** Where the callers are in sight, what they hand over tells more than the parameter's name. */
  #hasCallers(definition: Scope.Definition): boolean {
    return (
      definition.type === 'Parameter' && callersOf(definition.node as unknown as FunctionNode, this.#source).length > 0
    );
  }

  #checked(node: Node): boolean {
    const written = this.#source.text(node);
    const { guards } = this.#question;
    if (isGuarded(written, node, guards, this.#source)) return true;
    return together(node, this.#use) && isGuarded(written, this.#use, guards, this.#source);
  }

  #variable(
    variable: Scope.Variable,
    definition: Scope.Definition,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const declarator = definition.node as unknown as Node;
    if (declarator.type !== 'VariableDeclarator') return undefined;
    const within = pathInPattern(definition, variable.name);
    const inner = [...within.steps, ...path];
    const loop = declarator.parent?.parent;
    if (!declarator.init && (loop?.type === 'ForOfStatement' || loop?.type === 'ForInStatement')) {
      const keys = loop.type === 'ForInStatement';
      return this.#reach(loop.right, keys ? [] : [elements, ...inner], bound, depth);
    }
    const sources: [Node, string[]][] = [];
    if (declarator.init) sources.push([declarator.init, inner]);
    if (within.default) sources.push([within.default, path]);
    for (const { identifier, init } of variable.references) {
      if (init) continue;
      sources.push(...written(identifier as unknown as Node, path));
    }
    for (const [one, steps] of sources) {
      const found = this.#reach(one, steps, bound, depth);
      if (found) return found;
    }
    return undefined;
  }

  #parameter(
    variable: Scope.Variable,
    definition: Scope.Definition,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const of = definition.node as unknown as FunctionNode;
    const index = of.params.findIndex((one) => everyNode(one).includes(definition.name as unknown as Node));
    const parameter = of.params[index];
    if (!parameter) return undefined;
    const pattern = pathInPattern(definition, variable.name);
    const inner = [...pattern.steps, ...path];
    const { from } = this.#question;
    const assigned = variable.references.flatMap((one) =>
      one.init ? [] : written(one.identifier as unknown as Node, path),
    );
    for (const [one, steps] of assigned) {
      const found = this.#reach(one, steps, bound, depth);
      if (found) return found;
    }
    const call = of.parent;
    if ((call?.type === 'CallExpression' || call?.type === 'NewExpression') && call.arguments.includes(of as never))
      return this.#callbackParameter(call, of, index, inner, bound, depth);
    const type = annotation(parameterName(parameter));
    const callers = callersOf(of, this.#source);
    if (from === 'secret' && callers.length === 0) {
      return path.length === 0 && secretsIn(type, inner, this.#source)
        ? (definition.name as unknown as Node)
        : undefined;
    }
    if (callers.length > 0) {
      // Called in this file: what the callers hand over is what comes in.
      for (const one of callers) {
        const given = one.arguments[index];
        const found = given && this.#reach(given, inner, new Map(), depth);
        if (found) return found;
      }
      return undefined;
    }
    if (from === 'module' || from === 'secret') return undefined;
    const marks = decorators(parameter);
    if (this.#isRequest(definition.name as unknown as Node)) {
      const part = inner[0];
      return part !== undefined &&
        requestParts.test(part) &&
        (from !== 'object' || (part === 'body' && inner.length === 1))
        ? (definition.name as unknown as Node)
        : undefined;
    }
    if (call?.type === 'Property' || (call?.type === 'MethodDefinition' && call.kind === 'constructor'))
      return undefined;
    if (marks.length > 0 && !marks.some((one) => fromOutside.test(decoratorName(one)))) return undefined;
    if (marks.some((one) => everyNode(one).some((part) => part.type === 'Identifier' && harmlessPipe.test(part.name))))
      return undefined;
    if (marks.length === 0) {
      if (from === 'request' || (this.#question.composed && this.#compositions === 0)) return undefined;
      if (!this.#question.anywhere && !facesOutside(of, this.#source)) return undefined;
      if (/^env(ironment)?$/i.test(variable.name)) return undefined;
    }
    const shape = shapeOf(type, inner, this.#source);
    if (shape === 'harmless') return undefined;
    if (from === 'object') {
      if (shape !== 'open') return undefined;
      // Between the parts of a program, a type that someone narrowed on purpose is taken at its word.
      if (marks.length === 0 && /^(Omit|Pick)$/.test(typeName(type, this.#source) ?? '')) return undefined;
      if (marks.some(isChecking)) return undefined;
      // One member of an untyped object may be anything, but is no longer the whole.
      if (inner.length > 0 && !inner.every((one) => one === rest) && !saysOpen(type, inner, this.#source))
        return undefined;
    }
    if (inner.length === 0 && shape === 'class' && marks.length === 0) return undefined;
    return definition.name as unknown as Node;
  }

  #callbackParameter(
    call: Node,
    of: FunctionNode,
    index: number,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    if (call.type !== 'CallExpression' && call.type !== 'NewExpression') return undefined;
    const callee = bare(call.callee);
    const { from, modules } = this.#question;
    if (from === 'module' && isNamed(namesOf(callee, this.#source), modules)) return call;
    if (callee.type !== 'MemberExpression') return undefined;
    const name = propertyName(callee) ?? '';
    if (!listCallbacks.test(name)) return undefined;
    const first = name === 'reduce' ? 1 : 0;
    if (index !== first && !(from === 'module' && /^(on|once|forEach)$/.test(name))) return undefined;
    return this.#reach(callee.object, [elements, ...path], bound, depth);
  }

  #field(
    node: Extract<Node, { type: 'MemberExpression' }>,
    name: string | undefined,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const around = classAround(node);
    if (!around || name === undefined) return undefined;
    const value = fieldValue(node, name);
    const found = value && this.#reach(value, path, bound, depth);
    if (found) return found;
    for (const one of everyNode(around.body)) {
      if (one.type !== 'MemberExpression' || one.object.type !== 'ThisExpression' || propertyName(one) !== name)
        continue;
      for (const [assigned, steps] of written(one, path)) {
        const origin = this.#reach(assigned, steps, new Map(), depth);
        if (origin) return origin;
      }
    }
    return undefined;
  }

  #call(
    node: Extract<Node, { type: 'CallExpression' }>,
    path: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const { from, safe, via, modules, stored } = this.#question;
    const names = namesOf(node.callee, this.#source);
    const callee = bare(node.callee);
    const local = localTarget(callee, this.#source);
    if (isNamed(names, safe)) return undefined;
    if (from === 'module' && isNamed(names, modules)) return node;
    if (isNamed(names, harmless) && !isNamed(names, via)) return undefined;
    if (isNamed(names, ['Object.keys']) && from === 'secret') return undefined;
    if (isNamed(names, ['JSON.parse']) && from === 'object') {
      const outside = new Flow(this.#source, { ...this.#question, from: 'request' }, this.#use);
      return node.arguments[0] && outside.origin(node.arguments[0]);
    }
    if (local) return this.#into(local, node, path, bound, depth);
    if (callee.type === 'MemberExpression') {
      const name = propertyName(callee) ?? '';
      if (isNamed(names, [...handsOn, ...via])) {
        const found = this.#handedOn(node, names, bound, depth);
        if (found) return found;
      }
      if ((name === 'exec' || name === 'match') && patternIsAnchored(callee, node, name, this.#source))
        return undefined;
      if (name === 'replace' || name === 'replaceAll') {
        if (cleans(node, this.#source)) return undefined;
        const found = this.#any(node.arguments.slice(1), [], bound, depth);
        if (found) return found;
      }
      if (name === 'map' || name === 'flatMap') {
        const [callback] = node.arguments;
        if (callback && isFunction(callback))
          return this.#any(
            returned(callback),
            path.filter((one) => one !== elements),
            bound,
            depth,
          );
      }
      if (name === 'join' || name === 'concat' || name === 'reduce') {
        const found = this.#composing(() =>
          this.#any([callee.object, ...node.arguments.filter((one) => !isFunction(one))], [], bound, depth),
        );
        if (found) return found;
      }
      if (from !== 'secret' && from !== 'module' && requestParts.test(name) && this.#isRequest(callee.object))
        return from === 'object' ? undefined : node;
      if (
        stored &&
        /^(find|findOne|findBy|findOneBy|findOneByOrFail|findOneOrFail|findUnique|findFirst|findMany|getOne|getMany|getRawMany|getRawOne|query|findById)$/.test(
          name,
        ) &&
        callee.object.type !== 'Identifier'
      )
        return node;
      // `clean(x).y()`: a method's result is made of its object.
      return this.#reach(
        callee.object,
        /^(get|find|at|slice|filter|values|entries|pop|shift|toString|trim|sort)$/.test(name) ? path : [],
        bound,
        depth,
      );
    }
    return isNamed(names, [...handsOn, ...via]) ? this.#handedOn(node, names, bound, depth) : undefined;
  }

  #handedOn(
    node: Extract<Node, { type: 'CallExpression' }>,
    names: string[],
    bound: Bound,
    depth: number,
  ): Node | undefined {
    const find = () => this.#any(node.arguments, [], bound, depth);
    // `join(root, name)` makes a longer path.
    return node.arguments.length > 1 && isNamed(names, ['*join', '*resolve', '*format'])
      ? this.#composing(find)
      : find();
  }

  /** A function or method of this file: what it returns, with its parameters standing for the arguments. */
  #into(
    of: FunctionNode,
    call: Extract<Node, { type: 'CallExpression' }>,
    path: string[],
    outer: Bound,
    depth: number,
  ): Node | undefined {
    const bound: Bound = new Map();
    of.params.forEach((parameter, i) => {
      for (const one of everyNode(parameterName(parameter))) {
        if (one.type !== 'Identifier') continue;
        const variable = this.#source.scopeOf(of.body ?? of).set.get(one.name) ?? variableOf(one, this.#source);
        const argument = call.arguments[i];
        if (variable?.defs[0]?.type === 'Parameter')
          bound.set(variable, (steps) => (argument ? this.#reach(argument, steps, outer, depth) : undefined));
      }
    });
    return this.#any(returned(of), path, bound, depth);
  }
}

/** The path step to what is left of an object when some members are taken out. */
const rest = '...';

/** How a destructured name is reached from the whole, and its default. */
function pathInPattern(definition: Scope.Definition, name: string): { steps: string[]; default?: Node } {
  const root =
    definition.type === 'Parameter'
      ? (definition.node as unknown as FunctionNode).params.find((one) =>
          everyNode(one).includes(definition.name as unknown as Node),
        )
      : (definition.node as unknown as { id: Node }).id;
  return root ? (within(root, name) ?? { steps: [] }) : { steps: [] };
}

function within(pattern: Node, name: string): { steps: string[]; default?: Node } | undefined {
  switch (pattern.type) {
    case 'Identifier':
      return pattern.name === name ? { steps: [] } : undefined;
    case 'TSParameterProperty':
      return within(pattern.parameter, name);
    case 'AssignmentPattern': {
      const found = within(pattern.left, name);
      return found && { ...found, default: pattern.right };
    }
    case 'RestElement': {
      const found = within(pattern.argument, name);
      return found && { steps: [rest, ...found.steps] };
    }
    case 'ArrayPattern':
      for (const one of pattern.elements) {
        const found = one && within(one, name);
        if (found) return { ...found, steps: [elements, ...found.steps] };
      }
      return undefined;
    case 'ObjectPattern':
      for (const one of pattern.properties) {
        const found = within(one.type === 'Property' ? one.value : one, name);
        if (!found) continue;
        return one.type === 'Property'
          ? { ...found, steps: [propertyName(one) ?? elements, ...found.steps] }
          : { ...found, steps: [], ...(found.default && { default: found.default }) };
      }
      return undefined;
    default:
      return undefined;
  }
}

/** What is written into a variable or field at this place: `x = v`, `x += v`, `x.push(v)`, `x[k] = v`. */
function written(place: Node, path: string[]): [Node, string[]][] {
  const parent = place.parent;
  if (parent?.type === 'AssignmentExpression' && parent.left === place) return [[parent.right, path]];
  if (parent?.type !== 'MemberExpression' || parent.object !== place) return [];
  const name = propertyName(parent);
  const above = parent.parent;
  if (above?.type === 'AssignmentExpression' && above.left === parent) {
    if (path.length > 0 && name !== undefined && path[0] !== name && path[0] !== elements) return [];
    return [[above.right, path.slice(1)]];
  }
  if (above?.type === 'CallExpression' && above.callee === parent && name !== undefined && listMutators.test(name)) {
    const values = name === 'set' ? above.arguments.slice(1) : above.arguments;
    return values.map((one) => [one, path.filter((step) => step !== elements)]);
  }
  return [];
}

/** `token.name` is about the token; `secrets[0]` and `token.value` are it. */
function isWholeSecret([next]: string[]): boolean {
  return (
    next === undefined || next === elements || /^(value|raw|text|plain|secret|key)$/i.test(next) || isSecretName(next)
  );
}

/** The operands of a chain of `+`, from left to right. */
function summands(node: Node, source: Source): (string | Node)[] {
  const at = bare(node);
  if (at.type === 'BinaryExpression' && at.operator === '+')
    return [...summands(at.left, source), ...summands(at.right, source)];
  const constant = constantOf(at, source);
  return [typeof constant === 'string' ? constant : at];
}

/** `replace(/[^a-z]/g, '')` keeps only what is listed; `'\\$&'` escapes what is special. */
function cleans(call: Extract<Node, { type: 'CallExpression' }>, source: Source): boolean {
  const [pattern, replacement] = call.arguments.map((one) => constantOf(one, source));
  if (replacement === '\\$&') return true;
  return (
    pattern instanceof RegExp &&
    pattern.flags.includes('g') &&
    /^\[\^[^\]]*\]\+?$|^\\W\+?$|^\\D\+?$/.test(pattern.source) &&
    !/[/.\\]{2}|\/|\\s\\S/.test(pattern.source)
  );
}

function patternIsAnchored(
  callee: Extract<Node, { type: 'MemberExpression' }>,
  call: Extract<Node, { type: 'CallExpression' }>,
  name: string,
  source: Source,
): boolean {
  const expression =
    name === 'exec' ? constantOf(callee.object, source) : call.arguments[0] && constantOf(call.arguments[0], source);
  return (
    expression instanceof RegExp &&
    expression.source.startsWith('^') &&
    expression.source.endsWith('$') &&
    !/(^|[^\\])\.[*+]/.test(expression.source)
  );
}

/** A class that Nest makes, or a file that has to do with requests: a command line's own functions are nobody's way in. */
function facesOutside(of: FunctionNode, source: Source): boolean {
  const around = classAround(of);
  if (around && decorators(around).length > 0) return true;
  return source.root.body.some(
    (one) => one.type === 'ImportDeclaration' && /^(@nestjs\/|express$|fastify|@fastify\/|koa)/.test(one.source.value),
  );
}

/** `@Body(new ZodPipe(schema))`, `@Body({ schema })`: something checks the whole. */
function isChecking({ expression }: ReturnType<typeof decorators>[number]): boolean {
  return expression.type === 'CallExpression' && expression.arguments.some((one) => one.type !== 'Literal');
}

/** True where the written type itself says that this member is anything. */
function saysOpen(type: Parameters<typeof shapeOf>[0], path: string[], source: Source): boolean {
  return type !== undefined && type.type !== 'TSAnyKeyword' && shapeOf(type, path, source) === 'open';
}
