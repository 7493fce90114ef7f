export const SORT_ORDERS = {
  oldest: 'received_at ASC',
  newest: 'received_at DESC',
  largest: 'quantity DESC',
} as const;

export type SortOrder = keyof typeof SORT_ORDERS;

export function sortClause(input: string): string {
  return Object.hasOwn(SORT_ORDERS, input) ? SORT_ORDERS[input as SortOrder] : SORT_ORDERS.oldest;
}
