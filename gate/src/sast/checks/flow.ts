/** look: flow. Something from outside reaches a place where it does harm. */
import { constantOf, literalOf } from '../constants.ts';
import { Flow, type Question } from '../flow.ts';
import type { FlowCheck, Sink } from '../rule.ts';
import type { Node } from '../syntax.ts';
import {
  bare,
  classAround,
  decoratorName,
  decorators,
  everyNode,
  functionAround,
  isFunction,
  propertyName,
  propertyOf,
  returned,
} from '../syntax.ts';
import { type Call, callsNamed, type File, holds, objectOf, placeOf, type Report } from './check.ts';

export function flow(check: FlowCheck, file: File, report: Report): void {
  for (const sink of check.sinks) {
    const question: Question = { ...check, from: sink.from ?? check.from, composed: sink.composed };
    const harmed = (value: Node, place: Node) => {
      if (sink.markup && !isPage(value, place, file)) return;
      if (new Flow(file.source, question, place).origin(value)) report(place);
    };
    for (const call of sink.call ? callsNamed(file, sink.call, sink.except) : []) {
      if (sink.around && !new RegExp(sink.around).test(textAround(call, file))) continue;
      if (sink.inClass && !classAround(call)) continue;
      if (
        !holds(sink.when, call, file.source) ||
        (sink.unless.length > 0 && sink.unless.some((one) => holds([one], call, file.source)))
      )
        continue;
      for (const value of valuesAt(sink, call, question, file)) harmed(value, placeOf(call));
    }
    for (const { value, place } of sink.returnedUnder ? returnedUnder(sink, file) : []) harmed(value, place);
  }
}

function valuesAt(sink: Sink, call: Call, question: Question, file: File): Node[] {
  const all = call.arguments as Node[];
  const given =
    sink.argument === 'all'
      ? all
      : sink.argument === 'last'
        ? all.slice(-1)
        : all.slice(sink.argument, sink.argument + 1);
  return given.flatMap((node) => {
    const object = objectOf(node, file.source);
    if (sink.functions) return object ? functionsIn(object) : [];
    if (sink.property)
      return object ? sink.property.flatMap((name) => valuesOf(object, name)) : wholeOf(node, question);
    if (sink.after !== undefined) return following(node, new RegExp(sink.after), file);
    // A text is no object: what an options object holds is asked for by name.
    if (object && (question.from === 'outside' || question.from === 'request')) return [];
    return isFunction(node) ? returned(node) : [node];
  });
}

/** `*` stands for every property. */
function valuesOf(object: Extract<Node, { type: 'ObjectExpression' }>, name: string): Node[] {
  if (name !== '*') return [propertyOf(object, name)].filter((one) => one !== undefined);
  return object.properties.flatMap((one) => (one.type === 'Property' ? [one.value] : []));
}

/** In `['-c', script, name]` the shell reads the script; what follows it are the script's arguments. */
function following(node: Node, flag: RegExp, { source }: File): Node[] {
  const list = bare(literalOf(node, source) ?? node);
  if (list.type !== 'ArrayExpression') return [node];
  const at = list.elements.findIndex((one) => one !== null && flag.test(String(constantOf(one, source))));
  return list.elements.slice(at + 1, at < 0 ? undefined : at + 2).filter((one) => one !== null);
}

function textAround(node: Node, { source }: File): string {
  const around = functionAround(node);
  return around ? source.text(around) : '';
}

/** Without a literal, properties can't be told apart; for whole objects that is the finding itself. */
function wholeOf(node: Node, question: Question): Node[] {
  return question.from === 'object' ? [node] : [];
}

function functionsIn(object: Extract<Node, { type: 'ObjectExpression' }>): Node[] {
  return object.properties.flatMap((one) =>
    one.type === 'Property' && isFunction(one.value) ? returned(one.value) : [],
  );
}

function returnedUnder(sink: Sink, file: File): { value: Node; place: Node }[] {
  const { decorator, matches } = sink.returnedUnder!;
  return file.nodes.flatMap((node) => {
    if (node.type !== 'MethodDefinition' || !node.value.body) return [];
    const marked = decorators(node).some(
      (one) =>
        decoratorName(one) === decorator &&
        (matches === undefined || new RegExp(matches, 'i').test(file.source.text(one))),
    );
    if (!marked) return [];
    return returned(node.value as Parameters<typeof returned>[0]).flatMap((value) => {
      if (!sink.property) return [{ value, place: value }];
      const object = objectOf(value, file.source);
      return object ? sink.property.flatMap((name) => property(object, name)) : [];
    });
  });
}

function property(object: Extract<Node, { type: 'ObjectExpression' }>, name: string): { value: Node; place: Node }[] {
  const found = object.properties.find((one) => one.type === 'Property' && propertyName(one) === name);
  return found?.type === 'Property' ? [{ value: found.value, place: found }] : [];
}

/** Sent as HTML: by its own markup or by the type that was set. */
function isPage(value: Node, place: Node, file: File): boolean {
  const chain = place.parent ? file.source.text(place.parent) : '';
  const set = `${chain} ${textAround(place, file)}`;
  if (/type\(\s*['"`](text\/plain|text|txt|json|application\/json)['"`]/i.test(chain)) return false;
  if (/content-type['"`]\s*[,:]\s*['"`](text\/plain|application\/json)/i.test(set)) return false;
  return (
    /type\(\s*['"`](text\/)?html/i.test(chain) ||
    /content-type['"`]\s*[,:]\s*['"`]text\/html/i.test(set) ||
    holdsMarkup(value, file)
  );
}

/** A `<` followed by a letter somewhere in the text, or in what it was put together of. */
function holdsMarkup(value: Node, file: File): boolean {
  const at = bare(value);
  const parts = [at, ...(at.type === 'Identifier' ? assignedTo(at, file) : [])];
  return parts.some((part) =>
    everyNode(part).some((one) => {
      const text =
        one.type === 'TemplateElement'
          ? one.value.raw
          : constantOf(one.type === 'Identifier' ? (literalOf(one, file.source) ?? one) : one, file.source);
      return typeof text === 'string' && /<[a-z!/]/i.test(text);
    }),
  );
}

function assignedTo(node: Extract<Node, { type: 'Identifier' }>, file: File): Node[] {
  return file.nodes.flatMap((one) => {
    if (one.type === 'VariableDeclarator' && one.id.type === 'Identifier' && one.id.name === node.name && one.init)
      return [one.init];
    return one.type === 'AssignmentExpression' && one.left.type === 'Identifier' && one.left.name === node.name
      ? [one.right]
      : [];
  });
}
