/** An ESLint plugin with one rule for each file in `gate/rules/sast`. */
import type { TSESTree } from '@typescript-eslint/types';
import type { ESLint, Rule as EslintRule } from 'eslint';
import { type Report, openFile, type File } from './checks/check.ts';
import { runCheck } from './checks/index.ts';
import { rules, type Rule } from './rules.ts';
import { everyNode, type Node, type Source } from './syntax.ts';

export const plugin: ESLint.Plugin = {
  meta: { name: 'sluice-sast', version: '1' },
  rules: Object.fromEntries(rules.map((rule) => [rule.id, eslintRule(rule)])),
};

const files = new WeakMap<object, File>();

function eslintRule(rule: Rule): EslintRule.RuleModule {
  return {
    meta: { type: 'problem', docs: { description: rule.title, url: rule.help }, messages: { found: rule.message } },
    create: (context) => ({
      'Program:exit': () => {
        const file = fileOf(context.sourceCode);
        const seen = new Set<Node>();
        const report: Report = (node) => {
          if (seen.has(node)) return;
          seen.add(node);
          context.report({ loc: node.loc, messageId: 'found' });
        };
        for (const check of rule.checks) runCheck(check, file, report);
      },
    }),
  };
}

function fileOf(code: EslintRule.RuleContext['sourceCode']): File {
  const known = files.get(code);
  if (known) return known;
  const root = code.ast as unknown as TSESTree.Program;
  const nodes = everyNode(root);
  const source: Source = {
    root,
    text: (node) => code.getText(node as never),
    scopeOf: (node) => code.getScope(node as never),
    ancestors: (node) => code.getAncestors(node as never) as unknown as Node[],
    classes: new Map(
      nodes.flatMap((one) => (one.type === 'ClassDeclaration' && one.id ? [[one.id.name, one] as const] : [])),
    ),
    types: new Map(
      nodes.flatMap((one) =>
        (one.type === 'TSInterfaceDeclaration' ||
          one.type === 'TSTypeAliasDeclaration' ||
          one.type === 'TSEnumDeclaration' ||
          one.type === 'ClassDeclaration') &&
        one.id
          ? [[one.id.name, one as Node] as const]
          : [],
      ),
    ),
  };
  const file = openFile(source, nodes);
  files.set(code, file);
  return file;
}
