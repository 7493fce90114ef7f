/** Weakness numbers as tools write them: "CWE-79: Cross-site …", "external/cwe/cwe-079", "CWE-400, CWE-1333", one text or many. */

/** The numbers in the order in which they appear, each once, ready to be spread into a finding; none at all where there is none. */
export function weaknesses(texts: string | readonly string[] | null | undefined): { cwe?: number[] } {
  const numbers = [texts ?? []]
    .flat()
    .flatMap((text) => [...text.matchAll(/\bCWE-0*([1-9]\d*)/gi)].map(([, n]) => Number(n)));
  return numbers.length > 0 ? { cwe: [...new Set(numbers)] } : {};
}
