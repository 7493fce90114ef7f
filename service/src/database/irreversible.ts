/** The `down` of every migration: a ledger is never migrated backwards, a mistake is corrected by the next migration. */
export function irreversible(): Promise<never> {
  return Promise.reject(new Error('migrations are never undone: correct this one with a new migration'));
}
